-- EXCLUDE constraints
CREATE TABLE t (id integer PRIMARY KEY, r int4range);
INSERT INTO t VALUES (1, '[1,2)'), (2, '[3,4)');
