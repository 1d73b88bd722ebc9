-- MAY_FAIL_ON_DATA
UPDATE ONLY "p" SET "a" = coalesce("a", CAST(7 AS integer)), "b" = coalesce("b", CAST(8 AS integer)) WHERE ("a" IS NULL OR "b" IS NULL);
UPDATE "p" SET "b" = 8 WHERE "b" IS NULL;
ALTER TABLE "p" VALIDATE CONSTRAINT "of_all";
-- MAY_FAIL_ON_DATA
ALTER TABLE "p" VALIDATE CONSTRAINT "of_p";
