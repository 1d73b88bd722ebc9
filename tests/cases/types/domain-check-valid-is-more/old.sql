-- A check that is known to hold for every value is more than one that is wanted for new values: no difference.
CREATE DOMAIN positive AS integer CONSTRAINT above CHECK (VALUE > 0);
CREATE TABLE t (id integer PRIMARY KEY, a positive);
