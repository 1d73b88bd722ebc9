-- P10: an array column and its default
-- afterwards: SELECT count(*) FROM t WHERE tags = '{}' => 2
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
