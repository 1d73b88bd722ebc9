-- only whether they are enforced differs: no check is dropped, and the rows decide
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer, b integer, c integer,
  CONSTRAINT t_a CHECK (a > 0) NOT ENFORCED, CONSTRAINT t_b CHECK (b > 0), CONSTRAINT by_hand CHECK (c > 0) NOT ENFORCED);
INSERT INTO t (id, a, b, c) VALUES (1, 1, 1, 1);
-- refused with: INSERT INTO t VALUES (2, -1, 1, 1)
