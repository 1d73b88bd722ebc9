CREATE SCHEMA IF NOT EXISTS ext;
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA ext;
CREATE TABLE doc (id int PRIMARY KEY, v ext.vector(3), h ext.halfvec(4), s ext.sparsevec(5), b bit(4), w ext.halfvec(2));
CREATE INDEX doc_v ON doc USING hnsw (v ext.vector_l2_ops) WITH (m='16', ef_construction='64');
CREATE INDEX doc_h ON doc USING hnsw (h ext.halfvec_ip_ops);
CREATE INDEX doc_s ON doc USING hnsw (s ext.sparsevec_l1_ops);
CREATE INDEX doc_b ON doc USING hnsw (b ext.bit_jaccard_ops);
