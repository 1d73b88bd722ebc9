-- P52: NO INHERIT and NOT VALID at once: old rows of the table and of its children are held to NOT NULL, or of the table alone
CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'none', b text DEFAULT 'none', c text);
CREATE TABLE child () INHERITS (t);
INSERT INTO t VALUES (1, NULL, 'b', 'c'), (2, 'a', NULL, NULL);
INSERT INTO child VALUES (3, NULL, NULL, NULL);
ALTER TABLE t ADD CONSTRAINT a_is_there NOT NULL a NO INHERIT NOT VALID;
ALTER TABLE t ADD CONSTRAINT b_is_there NOT NULL b NO INHERIT NOT VALID;
-- afterwards: SELECT string_agg(a, ',' ORDER BY id) FROM t => none,a,none
-- afterwards: SELECT string_agg(b, ',' ORDER BY id) FROM ONLY t => b,none
-- afterwards: SELECT b FROM child => None
-- afterwards: SELECT convalidated OR NOT connoinherit FROM pg_constraint WHERE conname = 'c_is_there' AND conrelid = 't'::regclass => False
