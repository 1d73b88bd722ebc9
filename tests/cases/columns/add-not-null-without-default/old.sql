-- S14: fails on a table with rows: said before it happens
-- refused with: INSERT INTO users (id, name) VALUES (1, 'ann')
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
