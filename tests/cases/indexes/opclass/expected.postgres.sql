-- DROPS_INDEX
DROP INDEX "users_name";
-- LOCKS_TABLE
CREATE INDEX "users_name" ON "users" ("name" varchar_pattern_ops);
