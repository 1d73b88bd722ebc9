-- P15 P16 M6 M7: IN, BETWEEN, != and parentheses are spelled anew by the server
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), CONSTRAINT ok CHECK ((name in ('a','ann','bob')) and id between 1 and 9 and id != 7));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
