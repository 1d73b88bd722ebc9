-- M36: a value at the end of an ENUM
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, mood ENUM('a','b'));
INSERT INTO users VALUES (1, 'a'), (2, 'b');
