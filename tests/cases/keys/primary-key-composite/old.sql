-- S19: the order of a composite key counts
CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b));
INSERT INTO t VALUES (1, 2), (2, 3);
