-- MySQL refuses rows of another reference system: nothing is dropped before they are known to fit (SRID)
CREATE TABLE a (id INT NOT NULL PRIMARY KEY, gone INT);
CREATE TABLE t (id INT NOT NULL PRIMARY KEY, g POINT);
INSERT INTO a VALUES (1, 1);
INSERT INTO t VALUES (1, NULL);
