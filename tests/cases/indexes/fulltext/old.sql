-- M22: FULLTEXT; InnoDB makes one such index at a time
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, note TEXT, title TEXT);
INSERT INTO users VALUES (1, 'a', 'c'), (2, 'b', 'd');
