-- AUTO_INCREMENT needs its key in the same statement
CREATE TABLE t (id int NOT NULL, v varchar(9));
INSERT INTO t VALUES (1, 'a'), (7, 'b');
