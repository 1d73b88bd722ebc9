CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), quantity INTEGER, CONSTRAINT enough CHECK (quantity > 0));
CREATE INDEX users_qty ON users (quantity);
