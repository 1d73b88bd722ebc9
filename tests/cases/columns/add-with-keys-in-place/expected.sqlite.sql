PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE temp."schemadrift_guard" ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0));
INSERT INTO temp."schemadrift_guard" SELECT 'foreign keys are off', foreign_keys FROM pragma_foreign_keys;
CREATE TABLE temp."schemadrift_orphans" ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER);
INSERT INTO temp."schemadrift_orphans" SELECT 'game', rowid, lower("parent"), count(*) FROM pragma_foreign_key_check('game') GROUP BY 2, 3;
-- MAY_FAIL_ON_DATA, REWRITES_TABLE, LOCKS_TABLE
CREATE TABLE "schemadrift_new_game" (
    "id" INTEGER PRIMARY KEY,
    "day" TEXT,
    "home" INT NOT NULL DEFAULT 1,
    FOREIGN KEY ("home") REFERENCES "team" ("id")
);
INSERT OR ABORT INTO "schemadrift_new_game" ("id", "day") SELECT old."id", old."day" FROM "game" AS old;
INSERT INTO temp."schemadrift_guard" SELECT 'rows of game', (SELECT count(*) FROM "game") - (SELECT count(*) FROM "schemadrift_new_game");
DROP TABLE "game";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "schemadrift_new_game" RENAME TO "game";
PRAGMA legacy_alter_table = OFF;
INSERT INTO temp."schemadrift_guard" SELECT 'new game', (SELECT count(*) FROM main.sqlite_master WHERE name = 'schemadrift_new_game') + 0 - (SELECT count(*) FROM main.sqlite_master WHERE tbl_name = 'game' AND type <> 'table' AND sql IS NOT NULL);
ALTER TABLE "player" ADD COLUMN "team_id" INT CONSTRAINT "of_team" REFERENCES "team" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "player" ADD COLUMN "shirt" INT NOT NULL DEFAULT 9;
ALTER TABLE "player" ADD COLUMN "captain_id" INT REFERENCES "player" ("id") DEFERRABLE INITIALLY DEFERRED;
-- LOCKS_TABLE
CREATE INDEX "by_team" ON "player" ("team_id");
INSERT INTO temp."schemadrift_guard" SELECT 'parents of game', (SELECT count(*) FROM (SELECT rowid AS "row", lower("parent") AS "parent", count(*) AS "keys" FROM pragma_foreign_key_check('game') GROUP BY 1, 2) AS a WHERE a."keys" > coalesce((SELECT b."keys" FROM temp."schemadrift_orphans" AS b WHERE b."child" = 'game' AND b."row" IS a."row" AND b."parent" = a."parent"), 0));
INSERT OR ROLLBACK INTO temp."schemadrift_guard" SELECT 'every step was done', 4 - count(*) FROM temp."schemadrift_guard";
DROP TABLE temp."schemadrift_orphans";
DROP TABLE temp."schemadrift_guard";
COMMIT;
PRAGMA foreign_keys = ON;
