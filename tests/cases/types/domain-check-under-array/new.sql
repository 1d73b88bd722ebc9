CREATE DOMAIN small AS integer CHECK (VALUE < 10);
CREATE TABLE t (id integer PRIMARY KEY, m small[]);
