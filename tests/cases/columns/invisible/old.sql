-- M25: an invisible column is not in SELECT *
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, label VARCHAR(20));
INSERT INTO users VALUES (1, 'a'), (2, 'b');
