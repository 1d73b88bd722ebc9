-- P10: an array column and its default
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
