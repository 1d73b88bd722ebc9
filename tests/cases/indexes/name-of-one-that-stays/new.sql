CREATE TABLE a (id integer PRIMARY KEY, x integer, y integer);
CREATE INDEX i3 ON a (x);
CREATE INDEX i1 ON a (y, x);
CREATE TABLE c (id integer PRIMARY KEY, y integer);
CREATE INDEX i2 ON c (y);
