-- A generated column is computed from the enum, another one is of it.
-- afterwards: SELECT count(*) FROM t WHERE is_a AND same = 'a' => 1
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE TABLE t (id integer PRIMARY KEY, m mood, is_a boolean GENERATED ALWAYS AS (m = 'a') STORED, same mood GENERATED ALWAYS AS (m) STORED);
CREATE INDEX t_is_a ON t (is_a);
INSERT INTO t (id, m) VALUES (1, 'a'), (2, 'b');
