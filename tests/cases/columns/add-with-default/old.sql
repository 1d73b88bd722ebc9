-- old rows get the default of a new column
-- afterwards: SELECT sum(age) FROM users => 36
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
