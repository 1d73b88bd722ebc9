-- DROPS_INDEX
DROP INDEX "users_low";
-- LOCKS_TABLE
CREATE INDEX "users_low" ON "users" ((upper((name)::text)));
