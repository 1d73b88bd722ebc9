CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer, b integer CONSTRAINT t_b UNIQUE);
CREATE INDEX t_a ON t (a);
COMMENT ON INDEX t_a IS 'the new''s';
COMMENT ON INDEX t_b IS 'one each';
