CREATE EXTENSION vector;
CREATE TABLE t (id integer PRIMARY KEY, e vector(3));
CREATE INDEX t_e ON t USING hnsw (e vector_l2_ops) WITH (m = 8);
