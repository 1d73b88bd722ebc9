-- P28 P53: the expression of a virtual column changes in place, beside a check from 19 on only
CREATE TABLE t (id integer PRIMARY KEY, n integer, v integer GENERATED ALWAYS AS (n + 1) VIRTUAL, CONSTRAINT small CHECK (v < 90));
INSERT INTO t (id, n) VALUES (1, 5), (2, 6);
-- afterwards: SELECT string_agg(v::text, ',' ORDER BY id) FROM t => 10,12
