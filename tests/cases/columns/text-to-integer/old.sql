-- P38: a text becomes a number with USING; a value that is none refuses
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, code TEXT);
INSERT INTO users VALUES (1, '12'), (2, '7');
