-- pgvector in a schema of its own: an index gets other options, one another operator class, a vector half the precision.
-- afterwards: SELECT v::text || s::text || b::text FROM doc WHERE id = 1 => [1,2,3]{1:1,3:2}/51010
CREATE SCHEMA IF NOT EXISTS ext;
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA ext;
CREATE TABLE doc (id int PRIMARY KEY, v ext.vector(3), h ext.halfvec(4), s ext.sparsevec(5), b bit(4), w ext.vector(2));
CREATE INDEX doc_v ON doc USING hnsw (v ext.vector_l2_ops) WITH (m='8', ef_construction='32');
CREATE INDEX doc_h ON doc USING hnsw (h ext.halfvec_cosine_ops);
CREATE INDEX doc_w ON doc USING ivfflat (w ext.vector_l2_ops) WITH (lists='1');
INSERT INTO doc VALUES (1, '[1,2,3]', '[1,2,3,4]', '{1:1,3:2}/5', '1010', '[0.5,2]'), (2, NULL, NULL, NULL, NULL, NULL);
