-- P28 M23 S1: a computed column
-- afterwards: SELECT sum(twice) FROM users => 22
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER);
INSERT INTO users VALUES (1, 5), (2, 6);
