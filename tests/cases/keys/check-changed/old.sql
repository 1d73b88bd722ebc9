-- another condition
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), CONSTRAINT positive CHECK (id > 0));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
