-- cyclic foreign keys: both tables first, the closing key last (Tortoise refuses such models)
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
