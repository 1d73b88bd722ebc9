-- M22: the length of a prefix counts
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, note TEXT, KEY by_note (note(10)));
INSERT INTO users VALUES (1, 'a'), (2, 'b');
