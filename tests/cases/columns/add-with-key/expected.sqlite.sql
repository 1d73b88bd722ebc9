PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
INSERT INTO temp."schemadrift_orphans" SELECT 'posts', rowid, lower("parent"), count(*) FROM pragma_foreign_key_check('posts') GROUP BY 2, 3;
-- REWRITES_TABLE, LOCKS_TABLE
CREATE TABLE "schemadrift_new_posts" (
    "id" INTEGER PRIMARY KEY,
    "user_id" INTEGER,
    CONSTRAINT "posts_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id")
);
INSERT OR ABORT INTO "schemadrift_new_posts" ("id") SELECT old."id" FROM "posts" AS old;
INSERT INTO temp."schemadrift_guard" SELECT 'rows of posts', (SELECT count(*) FROM "posts") - (SELECT count(*) FROM "schemadrift_new_posts");
DROP TABLE "posts";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "schemadrift_new_posts" RENAME TO "posts";
PRAGMA legacy_alter_table = OFF;
INSERT INTO temp."schemadrift_guard" SELECT 'new posts', (SELECT count(*) FROM main.sqlite_master WHERE name = 'schemadrift_new_posts') + 0 - (SELECT count(*) FROM main.sqlite_master WHERE tbl_name = 'posts' AND type <> 'table' AND sql IS NOT NULL);
INSERT INTO temp."schemadrift_guard" SELECT 'parents of posts', (SELECT count(*) FROM (SELECT rowid AS "row", lower("parent") AS "parent", count(*) AS "keys" FROM pragma_foreign_key_check('posts') GROUP BY 1, 2) AS a WHERE a."keys" > coalesce((SELECT b."keys" FROM temp."schemadrift_orphans" AS b WHERE b."child" = 'posts' AND b."row" IS a."row" AND b."parent" = a."parent"), 0));
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 4 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
