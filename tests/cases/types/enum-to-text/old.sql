-- a column leaves its enum
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'a');
INSERT INTO t VALUES (1, 'a'), (2, 'b');
