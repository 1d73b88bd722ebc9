-- P38: a text becomes a number with USING; a value that is none refuses
-- refused with: INSERT INTO users VALUES (3, 'seven')
-- afterwards: SELECT sum(code) FROM users => 19
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, code TEXT);
INSERT INTO users VALUES (1, '12'), (2, '7');
