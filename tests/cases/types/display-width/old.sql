-- A width pads what has ZEROFILL, and tinyint(1) is true or false to drivers; of others it says nothing.
CREATE TABLE t (id int(5) PRIMARY KEY, a bigint(3) unsigned, b tinyint(2), c smallint, d int(7) zerofill, e tinyint(1));
INSERT INTO t VALUES (100000, 4000, 100, 5, 7, 1);
