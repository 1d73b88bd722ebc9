CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, note TEXT, title VARCHAR(90), FULLTEXT KEY words (note), FULLTEXT KEY titles (title));
