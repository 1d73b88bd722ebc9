CREATE TABLE t (id integer NOT NULL PRIMARY KEY, n integer, b vector(4));
