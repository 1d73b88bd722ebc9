CREATE DOMAIN number AS integer;
CREATE DOMAIN positive AS number CHECK (VALUE > 0);
CREATE TABLE t (id integer PRIMARY KEY);
