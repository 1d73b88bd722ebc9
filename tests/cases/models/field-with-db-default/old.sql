-- T20: a text with a quote as database default
CREATE TABLE "users" ("id" SERIAL NOT NULL PRIMARY KEY, "name" VARCHAR(50) NOT NULL);
INSERT INTO users (name) VALUES ('ann'), ('bob');
