CREATE TABLE t (a bigint, b integer);
