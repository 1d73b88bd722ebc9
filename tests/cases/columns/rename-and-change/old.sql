-- a renamed column may change too
-- rename: users.mail=email
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, mail VARCHAR(50));
INSERT INTO users VALUES (1, 'a@b'), (2, 'c@d');
