CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer, own bigint,
  total integer GENERATED ALWAYS AS (a) STORED, twice integer GENERATED ALWAYS AS (a) STORED);
CREATE TABLE u (id integer NOT NULL PRIMARY KEY, b bigint, k bigint, z bigint,
  sum integer GENERATED ALWAYS AS (b + z) STORED);
CREATE VIEW both_of_them AS SELECT t.id, total, own, twice, u.k FROM t LEFT JOIN u ON u.id = t.id;
CREATE VIEW upon AS SELECT total FROM both_of_them WHERE own > 4;
CREATE VIEW sums AS SELECT sum, k FROM u;
COMMENT ON VIEW both_of_them IS 'kept';
