-- P36: a domain's check
-- refused with: INSERT INTO t VALUES (3, 1)
CREATE DOMAIN positive AS integer CONSTRAINT ok CHECK (VALUE > 0);
CREATE TABLE t (id integer PRIMARY KEY, n positive);
INSERT INTO t VALUES (1, 5), (2, 6);
