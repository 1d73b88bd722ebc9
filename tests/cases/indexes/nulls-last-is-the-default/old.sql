-- P22: ASC NULLS LAST is what is meant where nothing is said
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), n INTEGER);
CREATE INDEX users_n ON users (n ASC NULLS LAST);
INSERT INTO users VALUES (1, 'ann', 5), (2, 'bob', 6);
