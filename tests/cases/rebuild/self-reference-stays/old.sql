-- a tree is rebuilt with its branches
CREATE TABLE node (id INTEGER PRIMARY KEY, parent INT REFERENCES node (id) ON DELETE CASCADE, v INT);
INSERT INTO node VALUES (1, NULL, 1), (2, 1, 2), (3, 2, 3);
