CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a vector(3) NOT NULL, VECTOR INDEX t_a (a) M=8 DISTANCE=cosine);
CREATE TABLE u (id integer NOT NULL PRIMARY KEY, a vector(3) NOT NULL);
