-- rows with NULL get the default where the server can say so in one plan
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) DEFAULT 'x');
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
