-- P44: how the index of an exclusion is kept is out of scope
CREATE TABLE t (
  id integer PRIMARY KEY, r int4range,
  CONSTRAINT apart EXCLUDE USING gist (r WITH &&) WITH (fillfactor = 70, buffering = on) WHERE (id > 0) DEFERRABLE
);
INSERT INTO t VALUES (1, '[1,2)'), (2, '[3,4)');
