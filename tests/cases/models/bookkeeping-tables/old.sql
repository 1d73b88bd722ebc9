-- P31 T29: tables of migration tools are never looked at
CREATE TABLE "users" ("id" SERIAL NOT NULL PRIMARY KEY, "name" VARCHAR(50) NOT NULL);
INSERT INTO users (name) VALUES ('ann'), ('bob');
