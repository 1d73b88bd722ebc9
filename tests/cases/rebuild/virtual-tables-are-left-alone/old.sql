-- S13: full-text tables and their shadows
CREATE TABLE t (id INTEGER PRIMARY KEY);
CREATE VIRTUAL TABLE words USING fts5(body);
INSERT INTO t VALUES (1), (2);
INSERT INTO words VALUES ('hello');
