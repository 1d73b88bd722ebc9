-- S4: AUTOINCREMENT never gives a number twice; the counter begins after the rows
-- afterwards: SELECT seq FROM sqlite_sequence WHERE name = 't' => 7
CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
INSERT INTO t VALUES (1, 'a'), (7, 'b');
