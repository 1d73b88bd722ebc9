ALTER TABLE "t" ADD COLUMN "e" vector(3);
-- LOCKS_TABLE
CREATE INDEX "t_e" ON "t" USING "hnsw" ("e" vector_l2_ops) WITH (m=8);
