-- A14: a table that refers to itself, and two that refer to each other, get a wider key: no MODIFY of MariaDB's is taken under a key
CREATE TABLE node (id int PRIMARY KEY, parent_id int, CONSTRAINT node_parent FOREIGN KEY (parent_id) REFERENCES node (id) ON DELETE SET NULL);
CREATE TABLE a (id int PRIMARY KEY, b_id int);
CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL, CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a (id));
ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b_id) REFERENCES b (id);
INSERT INTO node VALUES (1, NULL), (2, 1), (3, 2);
INSERT INTO a VALUES (1, NULL), (2, NULL);
INSERT INTO b VALUES (1, 1), (2, 2);
UPDATE a SET b_id = id;
-- afterwards: SELECT count(*) FROM a JOIN b ON a.b_id = b.id AND b.a_id = a.id => 2
