-- a database as generate_schemas makes it
CREATE TABLE "users" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "name" VARCHAR(50) NOT NULL);
INSERT INTO users (name) VALUES ('ann'), ('bob');
