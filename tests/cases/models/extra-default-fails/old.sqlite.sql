-- extra_defaults = fail: a default that the model does not declare
-- policy: extra_defaults=fail
CREATE TABLE "users" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "name" VARCHAR(50) NOT NULL DEFAULT 'x');
INSERT INTO users (name) VALUES ('ann'), ('bob');
