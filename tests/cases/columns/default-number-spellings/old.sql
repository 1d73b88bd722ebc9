-- P2 M4 A3: 1.50 and 1.5, 007 and 7 are the same number in a column of that scale
CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a NUMERIC(10,2) DEFAULT 1.50, b INTEGER DEFAULT 7);
INSERT INTO t VALUES (1, 1, 1), (2, 2, 2);
