-- P40: NOT NULL reads every row
-- refused with: INSERT INTO users (id, name) VALUES (3, NULL)
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
