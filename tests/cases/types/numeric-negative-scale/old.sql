-- P11: numeric(5,-2) is legal
CREATE TABLE t (id integer PRIMARY KEY, n numeric(5,-2));
INSERT INTO t VALUES (1, 500), (2, NULL);
