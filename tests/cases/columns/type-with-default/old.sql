-- P1 P38: the default stands in the way of a type change
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n VARCHAR(10) DEFAULT '5');
INSERT INTO users VALUES (1, '12'), (2, '7');
