-- S3: INT PRIMARY KEY is no rowid alias
CREATE TABLE t (id INT PRIMARY KEY, v TEXT);
INSERT INTO t VALUES (5, 'a'), (3, 'b');
