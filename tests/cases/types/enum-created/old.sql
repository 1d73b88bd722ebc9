-- an enum and a column of it
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
