-- DROPS_INDEX
DROP INDEX "code_p";
ALTER TABLE "code" ADD COLUMN "q" prefix_range;
-- LOCKS_TABLE
CREATE INDEX "code_p" ON "code" ("p");
-- LOCKS_TABLE
CREATE INDEX "code_q" ON "code" USING "gist" ("q");
