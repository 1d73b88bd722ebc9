-- P26 P54: whether a check and a foreign key are enforced; 18 alters the key, and the check only from 19 on
CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (id integer PRIMARY KEY, p integer, a integer, b integer,
  CONSTRAINT t_p FOREIGN KEY (p) REFERENCES p (id) NOT ENFORCED,
  CONSTRAINT t_a CHECK (a > 0) NOT ENFORCED, CONSTRAINT t_b CHECK (b > 0));
INSERT INTO p VALUES (7);
INSERT INTO t VALUES (1, 7, 1, 1);
-- refused with: INSERT INTO t VALUES (2, 8, 1, 1)
-- refused with: INSERT INTO t VALUES (2, 7, -1, 1)
