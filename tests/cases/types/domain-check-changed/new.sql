CREATE DOMAIN positive AS integer CONSTRAINT ok CHECK (VALUE > 1) DEFAULT 7;
CREATE TABLE t (id integer PRIMARY KEY, n positive);
