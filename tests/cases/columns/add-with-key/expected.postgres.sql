ALTER TABLE "posts" ADD COLUMN "user_id" integer;
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "posts" ADD CONSTRAINT "posts_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id");
