-- P36: a domain and a column of it
-- refused with: INSERT INTO t VALUES (3, -1)
CREATE TABLE t (id integer PRIMARY KEY, n integer);
INSERT INTO t VALUES (1, 5), (2, 6);
