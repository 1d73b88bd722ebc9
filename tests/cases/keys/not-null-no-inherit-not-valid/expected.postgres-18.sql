-- MAY_FAIL_ON_DATA
UPDATE ONLY "t" SET "b" = coalesce("b", CAST('none'::text AS text)), "a" = coalesce("a", CAST('none'::text AS text)) WHERE ("b" IS NULL OR "a" IS NULL);
UPDATE "t" SET "a" = 'none'::text WHERE "a" IS NULL;
ALTER TABLE "t" VALIDATE CONSTRAINT "a_is_there";
-- MAY_FAIL_ON_DATA
ALTER TABLE "t" VALIDATE CONSTRAINT "b_is_there";
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
UPDATE "t" SET "a" = 'none'::text WHERE "a" IS NULL;
ALTER TABLE "t" ALTER CONSTRAINT "a_is_there" INHERIT;
ALTER TABLE "t" ADD CONSTRAINT "c_is_there" NOT NULL "c" NO INHERIT NOT VALID;
