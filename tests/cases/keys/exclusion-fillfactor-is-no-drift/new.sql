CREATE TABLE t (
  id integer PRIMARY KEY, r int4range,
  CONSTRAINT apart EXCLUDE USING gist (r WITH &&) WHERE (id > 0) DEFERRABLE
);
