-- SQLite keeps the digits after the point, whatever a type says
-- afterwards: SELECT n FROM users WHERE id = 1 => 12.75
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n NUMERIC(8,2));
INSERT INTO users VALUES (1, 12.75), (2, NULL);
