-- T13: unique=True on a column that was plain
CREATE TABLE "users" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "name" VARCHAR(50) NOT NULL);
INSERT INTO users (name) VALUES ('ann'), ('bob');
