-- P4 M8: now() and CURRENT_TIMESTAMP are one function
CREATE TABLE t (id integer PRIMARY KEY, a timestamptz DEFAULT now());
INSERT INTO t VALUES (1), (2);
