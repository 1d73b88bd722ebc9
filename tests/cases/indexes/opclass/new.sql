CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), n INTEGER);
CREATE INDEX users_name ON users (name varchar_pattern_ops);
