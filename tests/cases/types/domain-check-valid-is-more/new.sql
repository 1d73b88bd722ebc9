CREATE DOMAIN positive AS integer;
ALTER DOMAIN positive ADD CONSTRAINT above CHECK (VALUE > 0) NOT VALID;
CREATE TABLE t (id integer PRIMARY KEY, a positive);
