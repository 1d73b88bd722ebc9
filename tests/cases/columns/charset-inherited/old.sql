-- M20: a charset that is said and the one that is inherited are the same
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, label VARCHAR(20) CHARACTER SET utf8mb4) CHARACTER SET utf8mb4;
INSERT INTO users VALUES (1, 'a'), (2, 'b');
