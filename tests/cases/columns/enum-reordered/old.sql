-- M36: the order of an ENUM counts
-- afterwards: SELECT mood FROM users WHERE id = 1 => a
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, mood ENUM('a','b'));
INSERT INTO users VALUES (1, 'a'), (2, 'b');
