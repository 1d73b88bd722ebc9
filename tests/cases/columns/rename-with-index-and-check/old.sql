-- P20 M16: index and check follow a renamed column
-- rename: users.qty=quantity
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), qty INTEGER, CONSTRAINT enough CHECK (qty > 0));
CREATE INDEX users_qty ON users (qty);
INSERT INTO users VALUES (1, 'a', 3), (2, 'b', 4);
