-- M20 M27: another character set converts the values
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, label VARCHAR(20) CHARACTER SET latin1);
INSERT INTO users VALUES (1, 'é'), (2, 'b');
