-- P19 P20 M16 A5 S6: names of constraints are no drift
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), CONSTRAINT one UNIQUE (name), CONSTRAINT two CHECK (id > 0));
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
