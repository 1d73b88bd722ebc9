-- a default that goes leaves the rows alone
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) DEFAULT 'x');
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
