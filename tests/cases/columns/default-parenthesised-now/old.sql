-- M8 T15: (now(6)) and CURRENT_TIMESTAMP(6) are one default
CREATE TABLE t (id int NOT NULL PRIMARY KEY, a datetime(6) DEFAULT (now(6)));
INSERT INTO t (id) VALUES (1), (2);
