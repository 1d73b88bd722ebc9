-- P52: a NOT NULL that becomes NO INHERIT holds for the table, and no more for tables that inherit
CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b integer NOT NULL);
CREATE TABLE child (extra integer) INHERITS (t);
CREATE TABLE alone (id integer PRIMARY KEY, a text NOT NULL);
INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2);
INSERT INTO child VALUES (3, 'c', 3, 1);
INSERT INTO alone VALUES (1, 'a');
-- afterwards: SELECT attnotnull FROM pg_attribute WHERE attrelid = 'child'::regclass AND attname = 'a' => False
-- afterwards: SELECT attnotnull FROM pg_attribute WHERE attrelid = 'child'::regclass AND attname = 'b' => True
-- afterwards: SELECT conname FROM pg_constraint WHERE conrelid = 'alone'::regclass AND connoinherit AND contype = 'n' => alone_a_not_null
