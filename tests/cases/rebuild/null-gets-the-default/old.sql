-- rows with NULL get the default when NOT NULL comes
-- afterwards: SELECT v FROM t WHERE id = 1 => 3
CREATE TABLE t (id INTEGER PRIMARY KEY, v INT DEFAULT 3);
INSERT INTO t VALUES (1, NULL), (2, 9);
