-- A10 A16: a column that a sequence numbers; the sequence stays where it is
CREATE SEQUENCE numbers START WITH 100;
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, n bigint DEFAULT nextval(numbers), m bigint);
INSERT INTO t (id) VALUES (1), (2);
-- afterwards: SELECT max(n) FROM t => 101
