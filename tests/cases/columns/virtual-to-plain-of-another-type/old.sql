-- a virtual column cannot drop its expression: its values move to a column of its type, which then becomes the wanted one
CREATE TABLE t (id integer PRIMARY KEY, a integer, g integer GENERATED ALWAYS AS (a + 1) VIRTUAL, h text GENERATED ALWAYS AS ('x' || a) VIRTUAL);
CREATE VIEW v AS SELECT g, h FROM t;
INSERT INTO t (id, a) VALUES (1, 3), (2, NULL);
-- afterwards: SELECT string_agg(concat(g, h), ',' ORDER BY id) FROM t => 4x3,nonenow
