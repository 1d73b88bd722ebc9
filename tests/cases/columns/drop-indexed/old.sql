-- S15: an indexed column goes with its index
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), age INTEGER);
CREATE INDEX users_age ON users (age);
INSERT INTO users VALUES (1, 'ann', 3), (2, 'bob', 4);
