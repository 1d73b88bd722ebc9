-- a sequence of its own
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
