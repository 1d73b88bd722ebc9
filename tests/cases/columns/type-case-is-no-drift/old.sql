-- S5 S11: a declared type is compared without regard to case and blanks
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, a varchar ( 20 ), b Integer);
INSERT INTO users VALUES (1, 'a', 3), (2, 'b', 4);
