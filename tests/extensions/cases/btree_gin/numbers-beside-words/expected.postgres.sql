CREATE EXTENSION IF NOT EXISTS "btree_gin" CASCADE;
-- LOCKS_TABLE
CREATE INDEX "note_kind" ON "note" USING "gin" ("kind", "data");
