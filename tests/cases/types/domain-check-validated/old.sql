-- A file that validates a domain's check wants it to hold for every value that is there.
CREATE DOMAIN positive AS integer;
CREATE TABLE t (id integer PRIMARY KEY, a positive);
INSERT INTO t VALUES (1, 5);
ALTER DOMAIN positive ADD CONSTRAINT above CHECK (VALUE > 0) NOT VALID;
