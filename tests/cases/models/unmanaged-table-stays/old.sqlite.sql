-- a table that no model has is reported and never dropped
-- ignored: legacy
CREATE TABLE "users" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "name" VARCHAR(50) NOT NULL);
INSERT INTO users (name) VALUES ('ann'), ('bob');
CREATE TABLE legacy (id INTEGER NOT NULL PRIMARY KEY);
INSERT INTO legacy VALUES (1), (2);
