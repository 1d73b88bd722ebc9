-- P31 T29: tables of migration tools are never looked at
CREATE TABLE "users" ("id" SERIAL NOT NULL PRIMARY KEY, "name" VARCHAR(50) NOT NULL);
INSERT INTO users (name) VALUES ('ann'), ('bob');
CREATE TABLE aerich (id INTEGER NOT NULL PRIMARY KEY);
INSERT INTO aerich VALUES (1), (2);
CREATE TABLE "tortoisemarch_applied_migrations" (id INT NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL, applied_at TIMESTAMPTZ);
INSERT INTO tortoisemarch_applied_migrations (id, name) VALUES (1, '0001_initial');
