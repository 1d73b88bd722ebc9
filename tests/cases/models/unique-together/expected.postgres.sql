ALTER TABLE "users" ADD COLUMN "n" integer;
-- LOCKS_TABLE
ALTER TABLE "users" ADD CONSTRAINT "uid_users_name_2541ab" UNIQUE ("name", "n");
