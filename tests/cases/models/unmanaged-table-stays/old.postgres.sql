-- a table that no model has is reported and never dropped
-- ignored: legacy
CREATE TABLE "users" ("id" SERIAL NOT NULL PRIMARY KEY, "name" VARCHAR(50) NOT NULL);
INSERT INTO users (name) VALUES ('ann'), ('bob');
CREATE TABLE legacy (id INTEGER NOT NULL PRIMARY KEY);
INSERT INTO legacy VALUES (1), (2);
