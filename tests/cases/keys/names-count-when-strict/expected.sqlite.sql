PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
INSERT INTO temp."schemadrift_orphans" SELECT 'links', rowid, lower("parent"), count(*) FROM pragma_foreign_key_check('links') GROUP BY 2, 3;
DROP INDEX "first";
DROP INDEX "of_a";
DROP INDEX "of_b";
DROP INDEX "second";
-- DROPS_INDEX
DROP INDEX "taken";
DROP INDEX "one";
CREATE INDEX "two" ON "users" ("name");
-- REWRITES_TABLE
CREATE TABLE "schemadrift_new_links" (
    "a" INTEGER,
    "b" INTEGER,
    CONSTRAINT "k2" FOREIGN KEY ("a") REFERENCES "users" ("id"),
    CONSTRAINT "k1" FOREIGN KEY ("b") REFERENCES "users" ("id")
);
INSERT OR ABORT INTO "schemadrift_new_links" (rowid, "a", "b") SELECT old.rowid, old."a", old."b" FROM "links" AS old;
INSERT INTO temp."schemadrift_guard" SELECT 'rows of links', (SELECT count(*) FROM "links") - (SELECT count(*) FROM "schemadrift_new_links");
DROP TABLE "links";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "schemadrift_new_links" RENAME TO "links";
PRAGMA legacy_alter_table = OFF;
INSERT INTO temp."schemadrift_guard" SELECT 'new links', (SELECT count(*) FROM main.sqlite_master WHERE name = 'schemadrift_new_links') + 0 - (SELECT count(*) FROM main.sqlite_master WHERE tbl_name = 'links' AND type <> 'table' AND sql IS NOT NULL);
-- LOCKS_TABLE
CREATE INDEX "of_a" ON "notes" ("b");
-- LOCKS_TABLE
CREATE INDEX "of_b" ON "notes" ("a");
-- LOCKS_TABLE
CREATE INDEX "second" ON "notes" ("a", "b");
-- LOCKS_TABLE
CREATE INDEX "taken" ON "notes" ("b", "c");
INSERT INTO temp."schemadrift_guard" SELECT 'parents of links', (SELECT count(*) FROM (SELECT rowid AS "row", lower("parent") AS "parent", count(*) AS "keys" FROM pragma_foreign_key_check('links') GROUP BY 1, 2) AS a WHERE a."keys" > coalesce((SELECT b."keys" FROM temp."schemadrift_orphans" AS b WHERE b."child" = 'links' AND b."row" IS a."row" AND b."parent" = a."parent"), 0));
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 4 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
