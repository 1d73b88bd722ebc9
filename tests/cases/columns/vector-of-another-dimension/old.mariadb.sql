-- a VECTOR gets room for more dimensions, and one under an index has to fit: MariaDB fills up with zeros
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a vector(3), b vector(2) NOT NULL, VECTOR INDEX t_b (b));
INSERT INTO t VALUES (1, vec_fromtext('[1,2,3]'), vec_fromtext('[4,5]')), (2, NULL, vec_fromtext('[6,7]'));
-- afterwards: SELECT vec_totext(a) FROM t WHERE id = 1 => [1,2,3,0,0]
-- afterwards: SELECT vec_totext(b) FROM t WHERE id = 2 => [6,7,0]
