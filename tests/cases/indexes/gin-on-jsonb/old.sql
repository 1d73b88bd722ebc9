-- P23: GIN with its operator class
CREATE TABLE t (id integer PRIMARY KEY, d jsonb);
INSERT INTO t VALUES (1, '{}'), (2, NULL);
