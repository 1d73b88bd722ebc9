-- MAY_FAIL_ON_DATA, LOCKS_TABLE
UPDATE "users" SET "name" = 'x'::character varying WHERE "name" IS NULL;
ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL;
