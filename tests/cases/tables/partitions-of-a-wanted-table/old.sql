-- P32: a partitioned table and its partitions, equal on both sides
CREATE TABLE m (id integer NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX m_id ON m (id);
INSERT INTO m VALUES (1, '2024-02-02'), (2, '2024-03-03');
