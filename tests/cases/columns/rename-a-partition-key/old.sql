-- What a table is partitioned by is followed by a rename, and refused by MySQL
-- rename: t.x=y
CREATE TABLE t (x INT NOT NULL, b INT, PRIMARY KEY (x)) PARTITION BY HASH (x) PARTITIONS 2;
INSERT INTO t VALUES (1, 2);
