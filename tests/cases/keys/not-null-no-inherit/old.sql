-- P52: a NOT NULL that tables which inherit do not have becomes theirs too: rows of the child are filled, none is lost
CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'none', CONSTRAINT a_is_there NOT NULL a NO INHERIT);
CREATE TABLE child (extra integer) INHERITS (t);
CREATE TABLE alone (id integer PRIMARY KEY, b text NOT NULL NO INHERIT);
CREATE TABLE small () INHERITS (alone);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
INSERT INTO child VALUES (3, NULL, 1), (4, 'd', 2);
INSERT INTO small VALUES (1, 'b');
-- afterwards: SELECT string_agg(a, ',' ORDER BY id) FROM t => a,b,none,d
-- afterwards: SELECT conname FROM pg_constraint WHERE conrelid = 'child'::regclass AND conname = 'a_is_there' => a_is_there
-- refused with: INSERT INTO small VALUES (2, NULL)
