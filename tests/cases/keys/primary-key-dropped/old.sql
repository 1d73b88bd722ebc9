-- a key that goes leaves its NOT NULL
CREATE TABLE t (a INTEGER NOT NULL, b INTEGER, PRIMARY KEY (a));
INSERT INTO t VALUES (1, 2), (2, 3);
