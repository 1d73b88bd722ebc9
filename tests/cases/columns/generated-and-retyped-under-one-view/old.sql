-- P38: views over generated columns that are recreated and over columns of another type: each is taken off once
-- afterwards: SELECT sum(total + own + twice) FROM both_of_them => 26
-- afterwards: SELECT count(*) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid WHERE relname = 'both_of_them' => 1
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer, own integer, gone integer,
  total integer GENERATED ALWAYS AS (a + gone) STORED, twice integer GENERATED ALWAYS AS (gone * 2 + a) STORED);
CREATE TABLE u (id integer NOT NULL PRIMARY KEY, b integer, k integer, z integer,
  sum integer GENERATED ALWAYS AS (b + z) STORED);
INSERT INTO t (id, a, own, gone) VALUES (1, 3, 4, 2), (2, 5, 6, 1);
INSERT INTO u (id, b, k, z) VALUES (1, 2, 3, 4);
CREATE VIEW both_of_them AS SELECT t.id, total, own, twice, u.k FROM t LEFT JOIN u ON u.id = t.id;
CREATE VIEW upon AS SELECT total FROM both_of_them WHERE own > 4;
CREATE VIEW sums AS SELECT sum, k FROM u;
COMMENT ON VIEW both_of_them IS 'kept';
