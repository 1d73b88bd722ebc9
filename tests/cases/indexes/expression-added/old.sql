-- an index on an expression
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), n INTEGER);
INSERT INTO users VALUES (1, 'ann', 5), (2, 'bob', 6);
