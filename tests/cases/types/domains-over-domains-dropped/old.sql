-- A domain goes before the one that it is over, and before the sequence that its default asks.
CREATE SEQUENCE numbers;
CREATE DOMAIN lower AS integer DEFAULT nextval('numbers');
CREATE DOMAIN above AS lower CHECK (VALUE < 100);
CREATE DOMAIN zenith AS lower[];
CREATE TABLE t (id integer PRIMARY KEY, a above);
