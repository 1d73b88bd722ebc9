-- M23 S1: a virtual column costs no row
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INTEGER);
INSERT INTO users VALUES (1, 5), (2, 6);
