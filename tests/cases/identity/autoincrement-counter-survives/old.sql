-- S4: the counter is beyond the highest row and stays there
-- afterwards: SELECT seq FROM sqlite_sequence WHERE name = 't' => 90
CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);
INSERT INTO t VALUES (1, 'a'), (90, 'gone');
DELETE FROM t WHERE id = 90;
INSERT INTO t VALUES (2, 'b');
