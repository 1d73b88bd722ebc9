PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
INSERT INTO temp."schemadrift_orphans" SELECT 'item', rowid, lower("parent"), count(*) FROM pragma_foreign_key_check('item') GROUP BY 2, 3;
-- REWRITES_TABLE
CREATE TABLE "schemadrift_new_org" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT,
    "name" VARCHAR(30) NOT NULL,
    UNIQUE ("name")
);
INSERT OR ABORT INTO "schemadrift_new_org" ("id", "name") SELECT old."id", old."name" FROM "org" AS old;
INSERT INTO temp."schemadrift_guard" SELECT 'rows of org', (SELECT count(*) FROM "org") - (SELECT count(*) FROM "schemadrift_new_org");
DELETE FROM sqlite_sequence WHERE name = 'schemadrift_new_org';
INSERT INTO sqlite_sequence (name, seq) SELECT 'schemadrift_new_org', seq FROM sqlite_sequence WHERE name = 'org';
DROP TABLE "org";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "schemadrift_new_org" RENAME TO "org";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "org_low" ON "org" (lower(name));
INSERT INTO temp."schemadrift_guard" SELECT 'new org', (SELECT count(*) FROM main.sqlite_master WHERE name = 'schemadrift_new_org') + 1 - (SELECT count(*) FROM main.sqlite_master WHERE tbl_name = 'org' AND type <> 'table' AND sql IS NOT NULL);
INSERT INTO temp."schemadrift_guard" SELECT 'parents of item', (SELECT count(*) FROM (SELECT rowid AS "row", lower("parent") AS "parent", count(*) AS "keys" FROM pragma_foreign_key_check('item') GROUP BY 1, 2) AS a WHERE a."keys" > coalesce((SELECT b."keys" FROM temp."schemadrift_orphans" AS b WHERE b."child" = 'item' AND b."row" IS a."row" AND b."parent" = a."parent"), 0));
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 4 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
