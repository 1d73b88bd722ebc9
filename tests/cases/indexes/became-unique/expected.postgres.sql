DROP INDEX "users_n";
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
CREATE UNIQUE INDEX "users_n" ON "users" ("n");
