DROP VIEW "upon";
DROP VIEW "both_of_them";
ALTER TABLE "t" DROP COLUMN "total";
ALTER TABLE "t" DROP COLUMN "twice";
-- DELETES_DATA
ALTER TABLE "t" DROP COLUMN "gone";
-- REWRITES_TABLE
ALTER TABLE "t" ALTER COLUMN "own" TYPE bigint;
-- REWRITES_TABLE
DROP VIEW "sums";
ALTER TABLE "u" DROP COLUMN "sum";
ALTER TABLE "u" ALTER COLUMN "b" TYPE bigint;
-- REWRITES_TABLE
ALTER TABLE "u" ALTER COLUMN "k" TYPE bigint;
-- REWRITES_TABLE
ALTER TABLE "u" ALTER COLUMN "z" TYPE bigint;
ALTER TABLE "u" ADD COLUMN "sum" integer GENERATED ALWAYS AS ((b + z)) STORED;
CREATE VIEW "sums" AS
 SELECT sum,
    k
   FROM u;
-- REWRITES_TABLE
ALTER TABLE "t" ADD COLUMN "total" integer GENERATED ALWAYS AS (a) STORED;
-- REWRITES_TABLE
ALTER TABLE "t" ADD COLUMN "twice" integer GENERATED ALWAYS AS (a) STORED;
CREATE VIEW "both_of_them" AS
 SELECT t.id,
    t.total,
    t.own,
    t.twice,
    u.k
   FROM (t
     LEFT JOIN u ON ((u.id = t.id)));
COMMENT ON VIEW "both_of_them" IS 'kept';
CREATE VIEW "upon" AS
 SELECT total
   FROM both_of_them
  WHERE (own > 4);
