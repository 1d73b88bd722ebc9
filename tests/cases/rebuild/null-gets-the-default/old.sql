-- rows with NULL get the default when NOT NULL comes
CREATE TABLE t (id INTEGER PRIMARY KEY, v INT DEFAULT 3);
INSERT INTO t VALUES (1, NULL), (2, 9);
