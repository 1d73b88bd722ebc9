-- MAY_FAIL_ON_DATA
UPDATE "t" SET "b" = coalesce("b", CAST('none'::text AS text)), "c" = coalesce("c", CAST(now() AS timestamp without time zone)) WHERE ("b" IS NULL OR "c" IS NULL);
ALTER TABLE "t" VALIDATE CONSTRAINT "b_is_there";
-- MAY_FAIL_ON_DATA
ALTER TABLE "t" VALIDATE CONSTRAINT "c_is_there";
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
UPDATE "t" SET "a" = 'new'::text WHERE "a" IS NULL;
ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL;
