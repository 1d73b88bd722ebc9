-- the step of a sequence
CREATE SEQUENCE ticket;
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
