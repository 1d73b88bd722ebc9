-- P21 T13 T26: a unique index and a unique constraint do the same
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
CREATE UNIQUE INDEX users_name ON users (name);
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
