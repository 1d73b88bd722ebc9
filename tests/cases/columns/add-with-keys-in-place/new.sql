CREATE TABLE "team" ("id" INTEGER PRIMARY KEY, "name" TEXT);
CREATE TABLE "player" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL, "team_id" INT CONSTRAINT "of_team" REFERENCES "team" ("id") ON DELETE SET NULL ON UPDATE CASCADE, "shirt" INT NOT NULL DEFAULT 9, "captain_id" INT REFERENCES "player" DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "game" ("id" INTEGER PRIMARY KEY, "day" TEXT, "home" INT NOT NULL DEFAULT 1 REFERENCES "team" ("id"));
CREATE INDEX "by_team" ON "player" ("team_id");
CREATE VIEW "names" AS SELECT "name" FROM "player";
CREATE TRIGGER "trim" AFTER INSERT ON "player" BEGIN UPDATE "player" SET "name" = trim("name") WHERE "id" = NEW."id"; END;
