-- P29: PostgreSQL before 17 drops and adds
-- afterwards: SELECT sum(twice) FROM users => 33
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER, twice INTEGER GENERATED ALWAYS AS (n * 2) STORED);
INSERT INTO users (id, n) VALUES (1, 5), (2, 6);
