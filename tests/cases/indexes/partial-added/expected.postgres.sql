-- LOCKS_TABLE
CREATE INDEX "users_n" ON "users" ("n") WHERE (n > 5);
