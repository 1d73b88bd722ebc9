CREATE DOMAIN "positive" AS integer CONSTRAINT "positive_check" CHECK ((VALUE > 0));
-- MAY_CHANGE_DATA, MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "t" ALTER COLUMN "n" TYPE positive USING "n"::text::positive;
