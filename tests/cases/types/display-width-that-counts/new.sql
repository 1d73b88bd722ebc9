CREATE TABLE t (id int PRIMARY KEY, a int(8) zerofill, b tinyint);
