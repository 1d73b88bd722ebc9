-- M5 A4: the text 'NULL' is no NULL, and 'current_timestamp' no function
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(30) DEFAULT 'NULL', b VARCHAR(30) DEFAULT 'current_timestamp');
INSERT INTO users (id) VALUES (1), (2);
