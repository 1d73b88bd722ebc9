-- S14: fails on a table with rows: said before it happens
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50));
