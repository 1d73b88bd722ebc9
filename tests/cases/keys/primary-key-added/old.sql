-- a table gets its primary key
CREATE TABLE t (a INTEGER NOT NULL, b INTEGER);
INSERT INTO t VALUES (1, 2), (2, 3);
