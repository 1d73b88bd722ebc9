CREATE TABLE t (id integer NOT NULL PRIMARY KEY, b integer, CONSTRAINT other CHECK (b > 0));
