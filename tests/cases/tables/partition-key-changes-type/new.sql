CREATE TABLE t (id integer, a bigint) PARTITION BY RANGE (a);
