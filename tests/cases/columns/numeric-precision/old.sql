-- more digits on both sides of the point
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n NUMERIC(8,2));
INSERT INTO users VALUES (1, 12.25), (2, NULL);
