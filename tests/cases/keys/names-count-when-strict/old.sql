-- names = strict: renamed, not recreated
-- policy: names=strict
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
CREATE INDEX one ON users (name);
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
