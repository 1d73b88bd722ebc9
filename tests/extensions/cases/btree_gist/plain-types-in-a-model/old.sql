-- btree_gist: a model names an operator class, and types that need one, of an extension that nobody made.
-- extension: btree_gist
-- afterwards: SELECT count(*) FROM visit WHERE host = '10.0.0.1' => 1
CREATE TABLE visit (id serial NOT NULL PRIMARY KEY, host inet, day date, place int);
INSERT INTO visit (host, day, place) VALUES ('10.0.0.1', '2026-11-30', 1), ('10.0.0.2', NULL, NULL);
