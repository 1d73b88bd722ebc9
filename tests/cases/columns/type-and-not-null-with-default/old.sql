-- A column gets another type, NOT NULL and a default in one step: rows without a value get the default, not 0 or ''.
CREATE TABLE t (id integer PRIMARY KEY, n integer, name varchar(10));
INSERT INTO t (id, n, name) VALUES (1, 5, 'a'), (2, NULL, NULL);
