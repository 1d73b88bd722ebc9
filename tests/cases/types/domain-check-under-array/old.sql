-- The server cannot look into arrays of a domain.
CREATE DOMAIN small AS integer;
CREATE TABLE t (id integer PRIMARY KEY, m small[]);
