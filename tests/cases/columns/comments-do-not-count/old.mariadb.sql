-- comments = false
-- policy: comments=false
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) COMMENT 'x');
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
