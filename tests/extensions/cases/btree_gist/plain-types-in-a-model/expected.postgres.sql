CREATE EXTENSION IF NOT EXISTS "btree_gist" CASCADE;
-- LOCKS_TABLE
CREATE INDEX "visit_day" ON "visit" USING "gist" ("day", "place");
-- LOCKS_TABLE
CREATE INDEX "visit_host" ON "visit" USING "gist" ("host");
