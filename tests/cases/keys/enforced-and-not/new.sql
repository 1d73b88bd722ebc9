CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (id integer PRIMARY KEY, p integer, a integer, b integer,
  CONSTRAINT t_p FOREIGN KEY (p) REFERENCES p (id),
  CONSTRAINT t_a CHECK (a > 0), CONSTRAINT t_b CHECK (b > 0) NOT ENFORCED);
