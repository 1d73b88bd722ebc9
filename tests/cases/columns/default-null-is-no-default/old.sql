-- P7 M12 S2: DEFAULT NULL says nothing
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) DEFAULT NULL);
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
