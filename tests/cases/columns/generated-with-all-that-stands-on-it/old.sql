-- It is dropped and made again: the view, the key of another table, the comments and the checks come along.
-- afterwards: SELECT sum(g) FROM v => 14
-- afterwards: SELECT obj_description('t_g_a'::regclass) => for the list
CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer, g integer GENERATED ALWAYS AS (a + b) STORED UNIQUE, CHECK (g > 0), CHECK (g > a));
CREATE TABLE child (g integer REFERENCES t (g));
CREATE INDEX t_g_a ON t (g, a);
COMMENT ON INDEX t_g_a IS 'for the list';
COMMENT ON COLUMN t.g IS 'the sum';
CREATE VIEW v AS SELECT a, g FROM t;
INSERT INTO t (id, a, b) VALUES (1, 2, 3), (2, 1, 8);
INSERT INTO child VALUES (5);
