-- A partial index, a check and an exclusion hold values of the old type: they are off while it changes.
-- afterwards: SELECT s::text FROM t WHERE id = 2 => b
-- afterwards: SELECT obj_description('t_a'::regclass) => the usual ones
CREATE TABLE t (id integer PRIMARY KEY, s varchar(20) NOT NULL DEFAULT 'a', CHECK (s <> 'z'), EXCLUDE USING btree (id WITH =) WHERE (s = 'a'));
CREATE INDEX t_a ON t (id) WHERE s = 'a';
COMMENT ON INDEX t_a IS 'the usual ones';
INSERT INTO t VALUES (1, 'a'), (2, 'b');
