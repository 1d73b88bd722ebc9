-- P73: before 18 UNLOGGED is taken of a partitioned table and says nothing: not of its partitions, and no statement ends it.
-- before: 18
CREATE TABLE t (id integer) PARTITION BY RANGE (id);
CREATE UNLOGGED TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
