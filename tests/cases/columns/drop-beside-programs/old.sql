-- views and triggers that have nothing to do with the column are no reason to copy all rows (SQLite)
-- afterwards: SELECT sum(id) FROM names => 3
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), age INTEGER);
CREATE TABLE log (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name, age) VALUES (1, 'ann', 30), (2, 'bob', NULL);
CREATE VIEW names AS SELECT id, name FROM users;
CREATE TRIGGER kept AFTER UPDATE OF name ON users BEGIN INSERT INTO log (name) VALUES (old.name); END;
