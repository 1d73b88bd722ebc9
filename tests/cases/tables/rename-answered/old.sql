-- P13 P20: a rename that was answered keeps every row; stale names of keys are no drift
-- rename: users=people
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
