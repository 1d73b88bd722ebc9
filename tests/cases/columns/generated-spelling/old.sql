-- P28 M23: parentheses and casts of the server's own
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER, twice INTEGER GENERATED ALWAYS AS (((n) * 2)) STORED);
INSERT INTO users (id, n) VALUES (1, 5), (2, 6);
