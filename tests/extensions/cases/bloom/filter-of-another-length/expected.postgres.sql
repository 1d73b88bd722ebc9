-- DROPS_INDEX
DROP INDEX "part_all";
ALTER TABLE "part" ADD COLUMN "c" integer DEFAULT 7 NOT NULL;
-- LOCKS_TABLE
CREATE INDEX "part_all" ON "part" USING "bloom" ("a", "b", "c") WITH (col1=2, length=80);
