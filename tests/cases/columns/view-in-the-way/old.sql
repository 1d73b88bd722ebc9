-- P38 S17: a view on the column is put back as it was
-- afterwards: SELECT count(name) FROM names => 2
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
CREATE VIEW names AS SELECT id, name FROM users;
