CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, note TEXT, KEY by_note (note(20)));
