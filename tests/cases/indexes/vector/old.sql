-- pgvector: a column and its index
CREATE EXTENSION vector;
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
