-- MySQL refuses ADD COLUMN with a default that has another value for each row (error 1674): bare, filled, then the default.
-- afterwards: SELECT count(DISTINCT u) FROM t => 2
CREATE TABLE t (id integer PRIMARY KEY, at datetime DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP);
INSERT INTO t (id) VALUES (1), (2);
