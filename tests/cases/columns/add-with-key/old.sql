-- a column with its foreign key
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
CREATE TABLE posts (id INTEGER NOT NULL PRIMARY KEY);
INSERT INTO posts VALUES (1), (2);
