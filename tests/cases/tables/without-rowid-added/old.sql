-- S10: WITHOUT ROWID is part of a table, and only a rebuild changes it
CREATE TABLE kv (k TEXT NOT NULL PRIMARY KEY, v INT);
INSERT INTO kv VALUES ('a', 1), ('b', 2);
