-- LOCKS_TABLE
CREATE INDEX "users_low" ON "users" ((lower((name)::text)));
