-- P29: a computed column stands in the way of its base column
-- afterwards: SELECT sum(twice) FROM users => 22
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER, twice BIGINT GENERATED ALWAYS AS (n * 2) STORED);
CREATE INDEX users_twice ON users (twice);
INSERT INTO users (id, n) VALUES (1, 5), (2, 6);
