ALTER TABLE "posts" ADD COLUMN "user_id" integer;
-- LOCKS_TABLE
ALTER TABLE "posts" ADD CONSTRAINT "posts_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id");
