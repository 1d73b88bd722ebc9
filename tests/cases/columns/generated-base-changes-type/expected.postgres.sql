DROP INDEX "users_twice";
ALTER TABLE "users" DROP COLUMN "twice";
-- REWRITES_TABLE
ALTER TABLE "users" ALTER COLUMN "n" TYPE bigint;
-- REWRITES_TABLE
ALTER TABLE "users" ADD COLUMN "twice" bigint GENERATED ALWAYS AS ((n * 2)) STORED;
-- LOCKS_TABLE
CREATE INDEX "users_twice" ON "users" ("twice");
