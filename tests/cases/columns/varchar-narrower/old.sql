-- M29 P41: narrowing fails where a value is too long, and cuts nothing
-- refused with: INSERT INTO users (id, name) VALUES (3, 'more than ten')
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
