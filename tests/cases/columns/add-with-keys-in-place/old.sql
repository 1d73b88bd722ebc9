-- SQLite adds a column with the foreign key on it in place, as long as every row may have NULL in it.
CREATE TABLE "team" ("id" INTEGER PRIMARY KEY, "name" TEXT);
CREATE TABLE "player" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL);
CREATE TABLE "game" ("id" INTEGER PRIMARY KEY, "day" TEXT);
CREATE VIEW "names" AS SELECT "name" FROM "player";
CREATE TRIGGER "trim" AFTER INSERT ON "player" BEGIN UPDATE "player" SET "name" = trim("name") WHERE "id" = NEW."id"; END;
INSERT INTO "team" VALUES (1, 'a');
INSERT INTO "player" ("name") VALUES (' x'), ('y');
INSERT INTO "game" VALUES (7, 'mon');
