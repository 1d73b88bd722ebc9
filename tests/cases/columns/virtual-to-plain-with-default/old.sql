-- a virtual column becomes a plain one of another type, and NULL gets the default before NOT NULL is to hold
CREATE TABLE t (id integer PRIMARY KEY, a integer, g integer GENERATED ALWAYS AS (a + 1) VIRTUAL);
INSERT INTO t (id, a) VALUES (1, 3), (2, NULL);
-- afterwards: SELECT count(*) FROM t WHERE (id = 1 AND g = '4') OR (id = 2 AND g = 'none') => 2
