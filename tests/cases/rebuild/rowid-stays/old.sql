-- S18: a table without an integer key keeps its rowids
-- afterwards: SELECT rowid FROM doc WHERE code = 'a' => 40
CREATE TABLE doc (code TEXT NOT NULL UNIQUE, body TEXT);
INSERT INTO doc (rowid, code, body) VALUES (40, 'a', 'x'), (7, 'b', 'y');
