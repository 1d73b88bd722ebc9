-- What a width pads, and what drivers read as a truth value, are differences.
CREATE TABLE t (id int PRIMARY KEY, a int(7) zerofill, b tinyint(1));
INSERT INTO t VALUES (1, 7, 1);
