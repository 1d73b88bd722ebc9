PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
-- REWRITES_TABLE, LOCKS_TABLE
CREATE TABLE "schemadrift_new_users" (
    "id" INTEGER PRIMARY KEY,
    "name" VARCHAR(50),
    "mail" VARCHAR(20),
    UNIQUE ("mail")
);
INSERT OR ABORT INTO "schemadrift_new_users" ("id", "name") SELECT old."id", old."name" FROM "users" AS old;
INSERT INTO temp."schemadrift_guard" SELECT 'rows of users', (SELECT count(*) FROM "users") - (SELECT count(*) FROM "schemadrift_new_users");
DROP TABLE "users";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "schemadrift_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;
INSERT INTO temp."schemadrift_guard" SELECT 'new users', (SELECT count(*) FROM main.sqlite_master WHERE name = 'schemadrift_new_users') + 0 - (SELECT count(*) FROM main.sqlite_master WHERE tbl_name = 'users' AND type <> 'table' AND sql IS NOT NULL);
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 3 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
