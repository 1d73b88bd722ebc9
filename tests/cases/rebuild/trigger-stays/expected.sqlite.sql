PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
INSERT INTO temp."schemadrift_orphans" SELECT 'item', rowid, lower("parent"), count(*) FROM pragma_foreign_key_check('item') GROUP BY 2, 3;
-- REWRITES_TABLE
CREATE TABLE "schemadrift_new_item" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT,
    "org_id" INT NOT NULL,
    "n" BIGINT,
    "twice" INT GENERATED ALWAYS AS (n * 2) STORED,
    FOREIGN KEY ("org_id") REFERENCES "org" ("id") ON DELETE CASCADE
);
INSERT OR ABORT INTO "schemadrift_new_item" ("id", "org_id", "n") SELECT old."id", old."org_id", old."n" FROM "item" AS old;
INSERT INTO temp."schemadrift_guard" SELECT 'rows of item', (SELECT count(*) FROM "item") - (SELECT count(*) FROM "schemadrift_new_item");
DELETE FROM sqlite_sequence WHERE name = 'schemadrift_new_item';
INSERT INTO sqlite_sequence (name, seq) SELECT 'schemadrift_new_item', seq FROM sqlite_sequence WHERE name = 'item';
DROP TABLE "item";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "schemadrift_new_item" RENAME TO "item";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "item_n" ON "item" ("n") WHERE n > 1;
CREATE TRIGGER seen AFTER INSERT ON item BEGIN UPDATE org SET name = name || '!' WHERE id = NEW.org_id; END;
INSERT INTO temp."schemadrift_guard" SELECT 'new item', (SELECT count(*) FROM main.sqlite_master WHERE name = 'schemadrift_new_item') + 2 - (SELECT count(*) FROM main.sqlite_master WHERE tbl_name = 'item' AND type <> 'table' AND sql IS NOT NULL);
INSERT INTO temp."schemadrift_guard" SELECT 'parents of item', (SELECT count(*) FROM (SELECT rowid AS "row", lower("parent") AS "parent", count(*) AS "keys" FROM pragma_foreign_key_check('item') GROUP BY 1, 2) AS a WHERE a."keys" > coalesce((SELECT b."keys" FROM temp."schemadrift_orphans" AS b WHERE b."child" = 'item' AND b."row" IS a."row" AND b."parent" = a."parent"), 0));
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 4 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
