ALTER TABLE "users" ADD COLUMN "a" integer;
ALTER TABLE "users" ADD COLUMN "b" integer;
-- LOCKS_TABLE
CREATE INDEX "users_ab" ON "users" ("a", "b");
