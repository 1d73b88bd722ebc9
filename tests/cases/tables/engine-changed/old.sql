-- M25: the engine decides about transactions and keys
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50)) ENGINE=MyISAM;
INSERT INTO users (id, name) VALUES (1, 'ann'), (2, 'bob');
