-- duplicates refuse it: said before
-- refused with: INSERT INTO users (id, name) VALUES (3, 'ann')
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
