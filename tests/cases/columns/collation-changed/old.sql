-- P43 S10: an explicit collation counts
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, label VARCHAR(20));
INSERT INTO users VALUES (1, 'a'), (2, 'b');
