-- REWRITES_TABLE
ALTER TABLE "users" DROP COLUMN "twice";
ALTER TABLE "users" ALTER COLUMN "n" TYPE bigint;
ALTER TABLE "users" ADD COLUMN "twice" bigint GENERATED ALWAYS AS ((n * 2)) STORED;
CREATE INDEX "users_twice" ON "users" ("twice");
