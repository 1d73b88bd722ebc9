-- No row has reached the first number: that is the next one, and setval() takes none that is smaller.
-- afterwards: SELECT nextval(pg_get_serial_sequence('t', 'id')) => 1
-- afterwards: SELECT nextval(pg_get_serial_sequence('u', 'id')) => 100
CREATE TABLE t (id integer PRIMARY KEY, v integer);
CREATE TABLE u (id integer PRIMARY KEY, v integer);
INSERT INTO t VALUES (-5, 1), (0, 2);
INSERT INTO u VALUES (7, 1);
