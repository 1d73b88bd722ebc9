-- EXCLUDE constraints
-- refused with: INSERT INTO t VALUES (3, '[1,5)')
CREATE TABLE t (id integer PRIMARY KEY, r int4range);
INSERT INTO t VALUES (1, '[1,2)'), (2, '[3,4)');
