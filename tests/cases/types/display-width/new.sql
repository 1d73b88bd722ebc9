CREATE TABLE t (id int PRIMARY KEY, a bigint unsigned, b tinyint, c smallint(2), d int(7) zerofill, e tinyint(1));
