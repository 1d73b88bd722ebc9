-- P4 M8: now() and CURRENT_TIMESTAMP are one function
CREATE TABLE t (id int NOT NULL PRIMARY KEY, a datetime(6) DEFAULT now(6));
INSERT INTO t (id) VALUES (1), (2);
