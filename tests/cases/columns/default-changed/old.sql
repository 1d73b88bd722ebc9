-- P2 M4: numbers are compared as numbers
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER DEFAULT 1);
INSERT INTO users VALUES (1, 12), (2, NULL);
