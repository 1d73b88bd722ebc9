-- The column has its sequence still: a second one would begin at 1 again.
-- afterwards: SELECT nextval(pg_get_serial_sequence('t', 'id')) => 3
CREATE TABLE t (id serial PRIMARY KEY, v integer);
INSERT INTO t (v) VALUES (10), (20);
ALTER TABLE t ALTER id DROP DEFAULT;
