-- an enum and a column of it
-- afterwards: SELECT count(*) FROM t WHERE m = 'a' => 2
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
