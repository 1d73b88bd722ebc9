-- M3: SERIAL is bigint unsigned NOT NULL AUTO_INCREMENT UNIQUE
CREATE TABLE t (id SERIAL, v varchar(9));
INSERT INTO t (v) VALUES ('a'), ('b');
