-- hll: a sketch comes with settings of its own and an empty default.
-- afterwards: SELECT hll_cardinality(users)::int FROM day WHERE id = 1 => 1
CREATE EXTENSION hll;
CREATE TABLE day (id int PRIMARY KEY, users hll);
INSERT INTO day VALUES (1, hll_add(hll_empty(), hll_hash_integer(7))), (2, NULL);
