-- P12: serial and its type change together
-- afterwards: SELECT nextval(pg_get_serial_sequence('t', 'id')) => 3
CREATE TABLE t (id serial PRIMARY KEY, v text);
INSERT INTO t (v) VALUES ('a'), ('b');
