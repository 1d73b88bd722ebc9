-- P22 P8 S12: the server's own spelling of a predicate
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), n INTEGER);
CREATE INDEX users_n ON users (n) WHERE ((n)>5 and name is not null);
INSERT INTO users VALUES (1, 'ann', 5), (2, 'bob', 6);
