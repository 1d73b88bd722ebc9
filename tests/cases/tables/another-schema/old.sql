-- tables of another schema are compared by their full name
CREATE SCHEMA side;
CREATE TABLE side.t (id integer PRIMARY KEY);
INSERT INTO side.t VALUES (1), (2);
