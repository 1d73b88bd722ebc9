-- A1: the check goes with the type
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, doc JSON);
INSERT INTO users VALUES (1, '{}'), (2, NULL);
