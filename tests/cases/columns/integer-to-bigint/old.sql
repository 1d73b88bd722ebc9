-- every row is written anew, no value changes
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER);
INSERT INTO users VALUES (1, 12), (2, NULL);
