-- A1: JSON is longtext with a check, and no drift
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, doc JSON);
INSERT INTO users VALUES (1, '{}'), (2, NULL);
