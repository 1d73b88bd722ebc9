-- P12: an integer becomes a serial and goes on where its rows end
CREATE TABLE t (id integer PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'a'), (7, 'b');
