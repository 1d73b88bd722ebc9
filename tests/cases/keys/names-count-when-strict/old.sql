-- names = strict: renamed, not recreated; names that change places, move up or take that of one which goes are free in turn
-- policy: names=strict
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
CREATE TABLE notes (a INTEGER, b INTEGER, c INTEGER);
CREATE TABLE links (a INTEGER, b INTEGER,
    CONSTRAINT k1 FOREIGN KEY (a) REFERENCES users (id), CONSTRAINT k2 FOREIGN KEY (b) REFERENCES users (id));
CREATE INDEX one ON users (name);
CREATE INDEX of_a ON notes (a);
CREATE INDEX of_b ON notes (b);
CREATE INDEX first ON notes (a, b);
CREATE INDEX second ON notes (b, c);
CREATE INDEX taken ON notes (c, a);
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
INSERT INTO notes (a, b, c) VALUES (1, 2, 3);
INSERT INTO links (a, b) VALUES (1, 2);
