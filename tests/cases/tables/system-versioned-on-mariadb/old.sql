-- A10: a table that keeps its history is named and left alone
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer) WITH SYSTEM VERSIONING;
INSERT INTO t VALUES (1, 5);
