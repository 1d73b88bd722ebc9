-- S15: a column goes with the check on it
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), age INTEGER, CONSTRAINT grown CHECK (age > 17));
INSERT INTO users VALUES (1, 'ann', 30), (2, 'bob', 40);
