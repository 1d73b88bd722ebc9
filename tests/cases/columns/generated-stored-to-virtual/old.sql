-- M23: the kind cannot change in place
-- afterwards: SELECT sum(twice) FROM users => 22
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER, twice INTEGER GENERATED ALWAYS AS (n * 2) STORED);
INSERT INTO users (id, n) VALUES (1, 5), (2, 6);
