-- Another type with the same values: nothing compares the one with the other.
-- afterwards: SELECT s::text FROM t WHERE id = 2 => b
CREATE TYPE mood AS ENUM ('a', 'b', 'z');
CREATE TABLE t (id integer PRIMARY KEY, s mood NOT NULL DEFAULT 'a', CHECK (s <> 'z'));
CREATE INDEX t_a ON t (id) WHERE s = 'a';
INSERT INTO t VALUES (1, 'a'), (2, 'b');
