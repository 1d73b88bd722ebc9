-- REWRITES_TABLE
ALTER TABLE "before" DROP COLUMN "twice";
ALTER TABLE "before" ALTER COLUMN "n" TYPE bigint;
ALTER TABLE "before" ADD COLUMN "twice" integer GENERATED ALWAYS AS ((n * 2)) STORED;
CREATE INDEX "twice_before" ON "before" ("twice") WHERE (p > 3);
-- REWRITES_TABLE
ALTER TABLE "before" ALTER COLUMN "p" TYPE numeric(12,0);
-- MAY_CHANGE_DATA, MAY_FAIL_ON_DATA, REWRITES_TABLE
DROP INDEX "held_by_two";
DROP INDEX "held_before";
ALTER TABLE "held" ALTER COLUMN "a" TYPE numeric(12,0);
CREATE INDEX "held_before" ON "held" ("twice") WHERE (a > (3)::numeric);
-- REWRITES_TABLE
ALTER TABLE "held" DROP COLUMN "twice";
ALTER TABLE "held" ALTER COLUMN "n" TYPE bigint;
ALTER TABLE "held" ADD COLUMN "twice" integer GENERATED ALWAYS AS ((n * 2)) STORED;
CREATE INDEX "held_before" ON "held" ("twice") WHERE (a > (3)::numeric);
CREATE INDEX "held_later" ON "held" ("twice") WHERE (z > (3)::double precision);
-- MAY_CHANGE_DATA, MAY_FAIL_ON_DATA, REWRITES_TABLE
DROP INDEX "held_later";
ALTER TABLE "held" ALTER COLUMN "z" TYPE numeric(12,0);
CREATE INDEX "held_later" ON "held" ("twice") WHERE (z > (3)::numeric);
CREATE INDEX "held_by_two" ON "held" ("twice") WHERE ((z > (3)::numeric) AND (a > (3)::numeric));
-- REWRITES_TABLE
ALTER TABLE "later" DROP COLUMN "twice";
ALTER TABLE "later" ALTER COLUMN "n" TYPE bigint;
ALTER TABLE "later" ADD COLUMN "twice" integer GENERATED ALWAYS AS ((n * 2)) STORED;
CREATE INDEX "twice_later" ON "later" ("twice") WHERE (p > 3);
-- REWRITES_TABLE
ALTER TABLE "later" ALTER COLUMN "p" TYPE numeric(12,0);
