-- S14: a unique column cannot be added in place in SQLite
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
