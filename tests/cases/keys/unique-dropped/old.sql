-- P21: what was refused is accepted afterwards
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), CONSTRAINT users_name UNIQUE (name));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
