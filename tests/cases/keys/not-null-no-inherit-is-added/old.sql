-- P58: NO INHERIT comes with a NOT NULL of an old column and of a new one; NULL in the rows of the child stays
CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'none');
CREATE TABLE child (extra integer) INHERITS (t);
INSERT INTO t VALUES (1, 'a'), (2, NULL);
INSERT INTO child VALUES (3, NULL, 1);
-- afterwards: SELECT string_agg(a, ',' ORDER BY id) FROM ONLY t => a,none
-- afterwards: SELECT a FROM child => None
-- afterwards: SELECT attnotnull FROM pg_attribute WHERE attrelid = 'child'::regclass AND attname = 'b' => False
