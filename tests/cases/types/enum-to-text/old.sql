-- a column leaves its enum
-- afterwards: SELECT m FROM t WHERE id = 2 => b
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'a');
INSERT INTO t VALUES (1, 'a'), (2, 'b');
