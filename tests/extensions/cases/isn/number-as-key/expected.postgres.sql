ALTER TABLE "book" ADD COLUMN "paper" issn;
-- MAY_CHANGE_DATA, MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "book" ALTER COLUMN "number" TYPE isbn13 USING "number"::text::isbn13;
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
CREATE UNIQUE INDEX "book_number" ON "book" ("number");
