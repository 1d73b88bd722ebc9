-- A10: a VECTOR INDEX of MariaDB comes with its settings, and another goes
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a vector(3) NOT NULL);
CREATE TABLE u (id integer NOT NULL PRIMARY KEY, a vector(3) NOT NULL, VECTOR INDEX u_a (a));
INSERT INTO t VALUES (1, vec_fromtext('[1,2,3]'));
INSERT INTO u VALUES (1, vec_fromtext('[1,2,3]'));
-- afterwards: SELECT vec_totext(a) FROM u => [1,2,3]
