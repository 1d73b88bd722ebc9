-- P10 M2: one type under several names
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, a INT4, b INT8, c REAL, d DEC(5), f BOOL, g CHAR);
INSERT INTO users (id) VALUES (1), (2);
