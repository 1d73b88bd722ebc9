PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
INSERT INTO temp."schemadrift_orphans" SELECT 'node', rowid, lower("parent"), count(*) FROM pragma_foreign_key_check('node') GROUP BY 2, 3;
-- REWRITES_TABLE
CREATE TABLE "schemadrift_new_node" (
    "id" INTEGER PRIMARY KEY,
    "parent" INT,
    "v" BIGINT,
    FOREIGN KEY ("parent") REFERENCES "node" ("id") ON DELETE CASCADE
);
INSERT OR ABORT INTO "schemadrift_new_node" ("id", "parent", "v") SELECT old."id", old."parent", old."v" FROM "node" AS old;
INSERT INTO temp."schemadrift_guard" SELECT 'rows of node', (SELECT count(*) FROM "node") - (SELECT count(*) FROM "schemadrift_new_node");
DROP TABLE "node";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "schemadrift_new_node" RENAME TO "node";
PRAGMA legacy_alter_table = OFF;
INSERT INTO temp."schemadrift_guard" SELECT 'new node', (SELECT count(*) FROM main.sqlite_master WHERE name = 'schemadrift_new_node') + 0 - (SELECT count(*) FROM main.sqlite_master WHERE tbl_name = 'node' AND type <> 'table' AND sql IS NOT NULL);
INSERT INTO temp."schemadrift_guard" SELECT 'parents of node', (SELECT count(*) FROM (SELECT rowid AS "row", lower("parent") AS "parent", count(*) AS "keys" FROM pragma_foreign_key_check('node') GROUP BY 1, 2) AS a WHERE a."keys" > coalesce((SELECT b."keys" FROM temp."schemadrift_orphans" AS b WHERE b."child" = 'node' AND b."row" IS a."row" AND b."parent" = a."parent"), 0));
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 4 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
