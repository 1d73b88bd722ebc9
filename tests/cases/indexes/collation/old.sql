-- S8: the collation of a key
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), n INTEGER);
CREATE INDEX users_name ON users (name);
INSERT INTO users VALUES (1, 'ann', 5), (2, 'bob', 6);
