-- P38: a text becomes a number where it is one, and stays a text where it is none: SQLite refuses nothing
-- afterwards: SELECT sum(code) FROM users WHERE typeof(code) = 'integer' => 19
-- afterwards: SELECT code FROM users WHERE id = 3 => seven
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, code TEXT);
INSERT INTO users VALUES (1, '12'), (2, '7'), (3, 'seven');
