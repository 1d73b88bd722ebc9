-- M22 A6: an index that the optimiser does not see
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n INT, KEY by_n (n));
INSERT INTO users VALUES (1, 1), (2, 2);
