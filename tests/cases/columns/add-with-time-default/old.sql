-- S14 P40 M8: a default that is computed: SQLite rebuilds, the rows stay
-- afterwards: SELECT count(made) FROM users => 2
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
