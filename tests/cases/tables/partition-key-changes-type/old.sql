-- The column by which a table is partitioned keeps its type.
CREATE TABLE t (id integer, a integer) PARTITION BY RANGE (a);
