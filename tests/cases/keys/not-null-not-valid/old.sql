-- P52: a NOT NULL that is not valid yet is validated, and the rows decide
CREATE TABLE t (id integer PRIMARY KEY, a text);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
ALTER TABLE t ADD CONSTRAINT a_is_there NOT NULL a NOT VALID;
-- afterwards: SELECT convalidated FROM pg_constraint WHERE conname = 'a_is_there' => True
