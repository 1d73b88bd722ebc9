-- An index that is found by its shape keeps its name, and changes: the new one that is called so gets another
CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a INT, b INT, KEY i1 (a), KEY i2 (b));
INSERT INTO t VALUES (1, 2, 3);
