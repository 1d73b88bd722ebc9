-- S14: the rows get a 0 that nobody wrote (MySQL and MariaDB): said before it happens
-- afterwards: SELECT age FROM users => 0
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann');
