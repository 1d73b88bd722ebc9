CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer, b integer, c integer,
  CONSTRAINT t_a CHECK (a > 0), CONSTRAINT t_b CHECK (b > 0) NOT ENFORCED, CONSTRAINT t_c CHECK (c > 0));
