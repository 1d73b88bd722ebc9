-- M23 S1: a virtual column costs no row
-- afterwards: SELECT sum(twice) FROM users => 22
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER);
INSERT INTO users VALUES (1, 5), (2, 6);
