-- No table uses them, and the server spells the check of the second one otherwise: no difference.
CREATE DOMAIN number AS integer;
CREATE DOMAIN positive AS number CHECK (VALUE > 0);
CREATE TABLE t (id integer PRIMARY KEY);
