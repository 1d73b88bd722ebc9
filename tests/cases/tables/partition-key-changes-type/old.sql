-- The column by which a table is partitioned keeps its type.
CREATE TABLE t (id integer, a integer) PARTITION BY RANGE (a);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
