-- LOCKS_TABLE
CREATE INDEX "idx_users_name_6aafa3" ON "users" ("name");
