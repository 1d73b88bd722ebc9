CREATE EXTENSION hll;
CREATE TABLE day (id int PRIMARY KEY, users hll, fine hll(14,5,-1,1) DEFAULT hll_empty(14, 5, '-1'::integer, 1) NOT NULL);
