CREATE TABLE t (id integer PRIMARY KEY, a bigint, b bigint, g integer GENERATED ALWAYS AS (a + b) STORED UNIQUE, CHECK (g > 0), CHECK (g > a));
CREATE TABLE child (g integer REFERENCES t (g));
CREATE INDEX t_g_a ON t (g, a);
COMMENT ON INDEX t_g_a IS 'for the list';
COMMENT ON COLUMN t.g IS 'the sum';
CREATE VIEW v AS SELECT a, g FROM t;
