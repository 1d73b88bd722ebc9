-- P12: an integer becomes a serial and goes on where its rows end
-- afterwards: SELECT nextval(pg_get_serial_sequence('t', 'id')) => 8
CREATE TABLE t (id integer PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'a'), (7, 'b');
