-- another set of columns
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), n INTEGER, CONSTRAINT users_name UNIQUE (name));
INSERT INTO users VALUES (1, 'a', 1), (2, 'b', 1);
