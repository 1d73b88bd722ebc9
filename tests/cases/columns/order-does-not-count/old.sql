-- P33 P34: dropped columns leave gaps, and the order is no drift
CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, b INTEGER, a INTEGER);
INSERT INTO t VALUES (1, 2, 3), (2, 3, 4);
