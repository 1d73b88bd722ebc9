-- without an answer it is never assumed: drop and add, with the hazard that says so
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, mail VARCHAR(50));
INSERT INTO users VALUES (1, 'a@b'), (2, 'c@d');
