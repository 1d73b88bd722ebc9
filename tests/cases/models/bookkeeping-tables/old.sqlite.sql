-- P31 T29: tables of migration tools are never looked at
CREATE TABLE "users" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "name" VARCHAR(50) NOT NULL);
INSERT INTO users (name) VALUES ('ann'), ('bob');
CREATE TABLE aerich (id INTEGER NOT NULL PRIMARY KEY);
INSERT INTO aerich VALUES (1), (2);
