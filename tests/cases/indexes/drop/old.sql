-- an index that is not wanted
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), n INTEGER);
CREATE INDEX users_n ON users (n);
INSERT INTO users VALUES (1, 'ann', 5), (2, 'bob', 6);
