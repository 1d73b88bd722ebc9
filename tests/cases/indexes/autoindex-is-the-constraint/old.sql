-- S7: sqlite_autoindex_… belongs to its constraint
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), UNIQUE (name));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
