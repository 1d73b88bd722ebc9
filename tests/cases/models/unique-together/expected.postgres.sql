ALTER TABLE "users" ADD COLUMN "n" integer;
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "users" ADD CONSTRAINT "uid_users_name_2541ab" UNIQUE ("name", "n");
