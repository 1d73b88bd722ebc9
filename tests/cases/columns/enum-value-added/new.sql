CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, mood ENUM('a','b','c'));
