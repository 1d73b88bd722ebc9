-- A forum: tables in a circle, self references, several keys to one table, many-to-many with itself.
CREATE TABLE "users" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "name" VARCHAR(40) NOT NULL UNIQUE COLLATE NOCASE,
  "last_post_id" INT REFERENCES "posts" ("id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  "joined" TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "karma" INT NOT NULL DEFAULT 0 CHECK ("karma" > -100)
);
CREATE TABLE "posts" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "author_id" INT NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
  "editor_id" INT REFERENCES "users" ("id") ON DELETE SET NULL,
  "parent_id" INT REFERENCES "posts" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "thread" INTEGER NOT NULL REFERENCES "threads",
  "title" TEXT NOT NULL,
  "body" TEXT,
  "length" INT GENERATED ALWAYS AS (length("body")) VIRTUAL,
  UNIQUE ("author_id", "title")
);
CREATE INDEX "posts_recent" ON "posts" ("author_id", "id" DESC) WHERE "parent_id" IS NULL;
CREATE INDEX "posts_lower" ON "posts" (lower("title"));
CREATE TABLE "threads" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL, "first" INT REFERENCES "posts" ("id"));
CREATE TABLE "follows" (
  "follower" INT NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
  "followed" INT NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
  PRIMARY KEY ("follower", "followed")
) WITHOUT ROWID;
CREATE TABLE "settings" ("key" TEXT PRIMARY KEY, "value", "kind" ANY, "when" DATETIME, "price" DECIMAL(10,2), "flag" BOOLEAN DEFAULT 0);
CREATE TABLE "strictly" ("id" INTEGER PRIMARY KEY, "n" INTEGER NOT NULL DEFAULT (1 + 1), "t" TEXT COLLATE RTRIM, "b" BLOB, "r" REAL) STRICT;
CREATE TABLE "legacy" ("code" VARCHAR(10) PRIMARY KEY, "n" INT NOT NULL ON CONFLICT REPLACE DEFAULT 3, "u" INT UNIQUE ON CONFLICT IGNORE);
CREATE TABLE "no_key" ("a" INT, "b" TEXT NOT NULL DEFAULT 'it''s');
CREATE TABLE "pairs" ("a" INT NOT NULL, "b" INT NOT NULL, "c" INT, UNIQUE ("a", "b"), FOREIGN KEY ("c", "a") REFERENCES "grid" ("x", "y"));
CREATE TABLE "grid" ("x" INT, "y" INT, "z" REAL DEFAULT 1.5, PRIMARY KEY ("x", "y"));
CREATE VIRTUAL TABLE "words" USING fts5("title", "body");
CREATE TRIGGER "count" AFTER INSERT ON "posts" BEGIN UPDATE "users" SET "karma" = "karma" + 1 WHERE "id" = NEW."author_id"; END;
CREATE VIEW "titles" AS SELECT "id", "title" FROM "posts";
