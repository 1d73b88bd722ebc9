-- S10: STRICT is part of a table, and only a rebuild changes it
CREATE TABLE kv (id INTEGER PRIMARY KEY, v INT);
INSERT INTO kv VALUES (1, 1), (2, 2);
