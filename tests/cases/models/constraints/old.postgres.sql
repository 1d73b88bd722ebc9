-- T1: Meta.constraints, which generate_schemas forgets
CREATE TABLE "users" ("id" SERIAL NOT NULL PRIMARY KEY, "name" VARCHAR(50) NOT NULL);
INSERT INTO users (name) VALUES ('ann'), ('bob');
