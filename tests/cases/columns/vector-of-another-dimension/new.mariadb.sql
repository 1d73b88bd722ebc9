CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a vector(5), b vector(3) NOT NULL, VECTOR INDEX t_b (b));
