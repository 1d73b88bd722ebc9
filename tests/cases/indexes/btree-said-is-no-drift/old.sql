-- M22: USING BTREE is what is meant where nothing is said
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INT, KEY by_n (n) USING BTREE);
INSERT INTO users VALUES (1, 1), (2, 2);
