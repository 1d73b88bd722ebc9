-- numbers become their digits
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER);
INSERT INTO users VALUES (1, 12), (2, NULL);
