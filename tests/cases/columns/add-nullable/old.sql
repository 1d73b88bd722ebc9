-- P34: a nullable column is appended; its place is no drift
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
