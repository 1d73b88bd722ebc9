-- numbers become their digits
-- afterwards: SELECT n FROM users WHERE id = 1 => 12
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER);
INSERT INTO users VALUES (1, 12), (2, NULL);
