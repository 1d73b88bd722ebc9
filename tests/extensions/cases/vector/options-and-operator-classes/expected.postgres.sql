-- DROPS_INDEX
DROP INDEX "doc_h";
DROP INDEX "doc_v";
-- DROPS_INDEX
DROP INDEX "doc_w";
-- MAY_CHANGE_DATA, MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "doc" ALTER COLUMN "w" TYPE ext.halfvec(2) USING "w"::text::ext.halfvec(2);
-- LOCKS_TABLE
CREATE INDEX "doc_b" ON "doc" USING "hnsw" ("b" ext.bit_jaccard_ops);
-- LOCKS_TABLE
CREATE INDEX "doc_h" ON "doc" USING "hnsw" ("h" ext.halfvec_ip_ops);
-- LOCKS_TABLE
CREATE INDEX "doc_s" ON "doc" USING "hnsw" ("s" ext.sparsevec_l1_ops);
-- LOCKS_TABLE
CREATE INDEX "doc_v" ON "doc" USING "hnsw" ("v" ext.vector_l2_ops) WITH (ef_construction=64, m=16);
