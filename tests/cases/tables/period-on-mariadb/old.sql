-- A10: a table with an application-time period is named and left alone
CREATE TABLE t (id integer NOT NULL, a date, b date, PERIOD FOR p (a, b), PRIMARY KEY (id, p WITHOUT OVERLAPS));
INSERT INTO t VALUES (1, '2026-01-01', '2026-02-01');
