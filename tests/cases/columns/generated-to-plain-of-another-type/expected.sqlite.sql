PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
-- MAY_FAIL_ON_DATA, REWRITES_TABLE, LOCKS_TABLE
CREATE TABLE "schemadrift_new_t" (
    "id" INTEGER PRIMARY KEY,
    "a" INTEGER,
    "g" VARCHAR(20) NOT NULL DEFAULT 'none'
);
INSERT OR ABORT INTO "schemadrift_new_t" ("id", "a", "g") SELECT old."id", old."a", coalesce(CASE WHEN typeof(old."g") = 'real' AND CAST(CAST(old."g" AS TEXT) AS REAL) <> old."g" THEN printf('%!.17g', old."g") ELSE old."g" END, 'none') FROM "t" AS old;
INSERT INTO temp."schemadrift_guard" SELECT 'rows of t', (SELECT count(*) FROM "t") - (SELECT count(*) FROM "schemadrift_new_t");
DROP TABLE "t";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "schemadrift_new_t" RENAME TO "t";
PRAGMA legacy_alter_table = OFF;
INSERT INTO temp."schemadrift_guard" SELECT 'new t', (SELECT count(*) FROM main.sqlite_master WHERE name = 'schemadrift_new_t') + 0 - (SELECT count(*) FROM main.sqlite_master WHERE tbl_name = 't' AND type <> 'table' AND sql IS NOT NULL);
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 3 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
