-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "users" ADD CONSTRAINT "one_name" UNIQUE ("name");
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "users" ADD CONSTRAINT "named" CHECK (((name)::text <> ''::text));
