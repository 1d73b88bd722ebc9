-- M29 P41: SQLite does not look at a length: the values stay whole
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob'), (3, 'more than ten');
