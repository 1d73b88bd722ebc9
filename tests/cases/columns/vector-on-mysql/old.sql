-- M41: a VECTOR column of MySQL 9 comes to a table with rows, and another goes
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a vector(3), n integer);
INSERT INTO t VALUES (1, to_vector('[1,2,3]'), 5);
-- afterwards: SELECT count(*) FROM t WHERE b IS NULL AND n = 5 => 1
