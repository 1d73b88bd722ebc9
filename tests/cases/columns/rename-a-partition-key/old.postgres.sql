-- What a table is partitioned by is followed by a rename, and refused by MySQL
-- rename: t.x=y
CREATE TABLE t (x integer NOT NULL, b integer, PRIMARY KEY (x)) PARTITION BY RANGE (x);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);
INSERT INTO t VALUES (1, 2);
