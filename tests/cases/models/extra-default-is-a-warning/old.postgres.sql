-- T24 T25: a default of an old Tortoise is reported and no drift
-- ignored: users
CREATE TABLE "users" ("id" SERIAL NOT NULL PRIMARY KEY, "name" VARCHAR(50) NOT NULL DEFAULT 'x');
INSERT INTO users (name) VALUES ('ann'), ('bob');
