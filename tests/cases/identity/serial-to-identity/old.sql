-- P12 P41: not the same thing; the counter goes on
-- afterwards: SELECT nextval(pg_get_serial_sequence('t', 'id')) => 3
CREATE TABLE t (id serial PRIMARY KEY, v text);
INSERT INTO t (v) VALUES ('a'), ('b');
