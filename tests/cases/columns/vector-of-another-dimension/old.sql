-- a VECTOR gets room for more dimensions: the values of MySQL keep those that they have
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a vector(3), b vector(2) NOT NULL);
INSERT INTO t VALUES (1, to_vector('[1,2,3]'), to_vector('[4,5]')), (2, NULL, to_vector('[6,7]'));
-- afterwards: SELECT vector_dim(a) FROM t WHERE id = 1 => 3
-- afterwards: SELECT vector_dim(b) FROM t WHERE id = 2 => 2
