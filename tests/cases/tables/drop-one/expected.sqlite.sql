PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
-- DELETES_DATA
DROP TABLE "posts";
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 1 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
