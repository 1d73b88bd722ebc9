-- a comment is no reason to build an index anew, where the server has a statement for it
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer, b integer CONSTRAINT t_b UNIQUE);
CREATE INDEX t_a ON t (a);
COMMENT ON INDEX t_a IS 'old words';
INSERT INTO t (id, a, b) VALUES (1, 1, 1), (2, 1, 2);
