-- A column gets another type, NOT NULL and a default in one step: rows without a value get the default, not 0 or ''.
-- afterwards: SELECT n FROM t WHERE id = 2 => 7
-- afterwards: SELECT name FROM t WHERE id = 2 => none
CREATE TABLE t (id integer PRIMARY KEY, n integer, name varchar(10));
INSERT INTO t (id, n, name) VALUES (1, 5, 'a'), (2, NULL, NULL);
