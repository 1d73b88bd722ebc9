CREATE TABLE t (id integer PRIMARY KEY, n numeric(5,-2), m numeric(1000,-3));
