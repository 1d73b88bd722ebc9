-- MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "users" ALTER COLUMN "code" TYPE integer USING "code"::integer;
