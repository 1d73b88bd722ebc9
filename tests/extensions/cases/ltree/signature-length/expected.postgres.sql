-- DROPS_INDEX
DROP INDEX "node_path";
ALTER TABLE "node" ADD COLUMN "old" ltree DEFAULT ''::ltree NOT NULL;
ALTER TABLE "node" ADD COLUMN "many" ltree[];
-- LOCKS_TABLE
CREATE INDEX "node_key" ON "node" ("path");
-- LOCKS_TABLE
CREATE INDEX "node_many" ON "node" USING "gist" ("many");
-- LOCKS_TABLE
CREATE INDEX "node_path" ON "node" USING "gist" ("path" gist_ltree_ops(siglen='32'));
