PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
-- REWRITES_TABLE
CREATE TABLE "schemadrift_new_m" (
    "id" INT PRIMARY KEY NOT NULL,
    "name" VARCHAR(20) NOT NULL DEFAULT 'a',
    "small" BIGINT NOT NULL DEFAULT 1,
    "price" VARCHAR(40) NOT NULL DEFAULT 2,
    "note" TEXT NOT NULL DEFAULT 'n'
);
INSERT OR ABORT INTO "schemadrift_new_m" (rowid, "id", "name", "small", "price", "note") SELECT old.rowid, old."id", old."name", old."small", old."price", old."note" FROM "m" AS old;
INSERT INTO temp."schemadrift_guard" SELECT 'rows of m', (SELECT count(*) FROM "m") - (SELECT count(*) FROM "schemadrift_new_m");
DROP TABLE "m";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "schemadrift_new_m" RENAME TO "m";
PRAGMA legacy_alter_table = OFF;
INSERT INTO temp."schemadrift_guard" SELECT 'new m', (SELECT count(*) FROM main.sqlite_master WHERE name = 'schemadrift_new_m') + 0 - (SELECT count(*) FROM main.sqlite_master WHERE tbl_name = 'm' AND type <> 'table' AND sql IS NOT NULL);
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 3 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
