-- rows with NULL get the default where the server can say so in one plan
-- afterwards: SELECT count(*) FROM users WHERE name = 'x' => 2
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) DEFAULT 'x');
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob'), (3, NULL), (4, NULL);
