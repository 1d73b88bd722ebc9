CREATE TABLE t (id integer PRIMARY KEY, a timestamptz, b timestamp, c time, d timetz(6), e interval, f interval day to second(6), g timestamptz[], h timestamptz(3));
