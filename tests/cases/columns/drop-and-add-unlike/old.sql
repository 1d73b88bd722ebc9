-- two columns that have nothing in common are a drop and an addition
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), age INTEGER);
INSERT INTO users VALUES (1, 'ann', 3), (2, 'bob', 4);
