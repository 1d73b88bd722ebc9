-- dropping the key of an AUTO_INCREMENT column and adding another in one statement
CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, code int NOT NULL);
INSERT INTO t (code) VALUES (5), (6);
