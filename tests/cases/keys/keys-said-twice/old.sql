-- CREATE TABLE makes equal keys only once, however often it says them; two by ALTER TABLE are two. What is written has them all.
CREATE TABLE o (id integer PRIMARY KEY);
CREATE TABLE t (id integer PRIMARY KEY, a integer, r int4range);
INSERT INTO t VALUES (1, 2, '[1,3)');
