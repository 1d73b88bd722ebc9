-- DROPS_INDEX
DROP INDEX "users_n";
-- LOCKS_TABLE
CREATE INDEX "users_n" ON "users" ("name", "n");
