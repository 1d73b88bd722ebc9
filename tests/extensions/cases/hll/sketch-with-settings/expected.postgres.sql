-- REWRITES_TABLE
ALTER TABLE "day" ADD COLUMN "fine" hll(14,5,-1,1) DEFAULT hll_empty(14, 5, ('-1'::integer)::bigint, 1) NOT NULL;
