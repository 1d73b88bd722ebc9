-- Six digits are all that there is: a type with them is the type without.
CREATE TABLE t (id integer PRIMARY KEY, a timestamptz(6), b timestamp(6), c time(6), d timetz, e interval(6), f interval day to second, g timestamptz(6)[], h timestamptz(3));
INSERT INTO t (id, a, c) VALUES (1, '2020-01-02 03:04:05.678901+00', '03:04:05.678901');
