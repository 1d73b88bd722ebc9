-- what was computed is kept, then gets the new type, and NULL the default last
CREATE TABLE t (id integer PRIMARY KEY, a integer, g integer GENERATED ALWAYS AS (a + 1) STORED);
INSERT INTO t (id, a) VALUES (1, 3), (2, NULL);
-- afterwards: SELECT count(*) FROM t WHERE (id = 1 AND g = '4') OR (id = 2 AND g = 'none') => 2
