-- LOCKS_TABLE
DROP INDEX "users_n";
CREATE INDEX "users_n" ON "users" ("n");
