-- NULL is allowed again
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL);
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
