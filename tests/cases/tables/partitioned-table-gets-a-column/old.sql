-- P32: a column of a partitioned table reaches its partitions
-- afterwards: SELECT count(note) FROM m1 => 0
CREATE TABLE m (id integer NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO m VALUES (1, '2024-02-02'), (2, '2024-03-03');
