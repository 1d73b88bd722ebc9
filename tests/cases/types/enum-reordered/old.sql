-- P37: the order counts
-- afterwards: SELECT m::text FROM t ORDER BY t.m LIMIT 1 => b
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'a', ms mood[]);
INSERT INTO t VALUES (1, 'a', '{a,b}'), (2, 'b', NULL);
