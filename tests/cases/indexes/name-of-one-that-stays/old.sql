-- Names do not count: an index stays under its name, and a new one that is to have it gets another, in its table or elsewhere.
CREATE TABLE a (id integer PRIMARY KEY, x integer, y integer);
CREATE INDEX i1 ON a (x);
CREATE INDEX i2 ON a (y);
CREATE TABLE c (id integer PRIMARY KEY, y integer);
INSERT INTO a VALUES (1, 2, 3), (2, NULL, NULL);
INSERT INTO c VALUES (1, 2);
