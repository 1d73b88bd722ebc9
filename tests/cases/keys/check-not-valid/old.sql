-- P26
-- afterwards: SELECT convalidated FROM pg_constraint WHERE conname = 'small' => True
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
ALTER TABLE t ADD CONSTRAINT small CHECK (id < 100) NOT VALID;
