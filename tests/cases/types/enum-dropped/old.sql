-- an enum that nothing uses any more
CREATE TYPE mood AS ENUM ('a');
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
