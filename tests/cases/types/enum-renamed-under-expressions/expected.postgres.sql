CREATE TYPE "temper" AS ENUM ('a', 'b', 'z');
-- MAY_CHANGE_DATA, MAY_FAIL_ON_DATA, REWRITES_TABLE
DROP INDEX "t_a";
ALTER TABLE "t" DROP CONSTRAINT "t_s_check";
ALTER TABLE "t" ALTER COLUMN "s" DROP DEFAULT;
ALTER TABLE "t" ALTER COLUMN "s" TYPE temper USING "s"::text::temper;
ALTER TABLE "t" ALTER COLUMN "s" SET DEFAULT 'a'::temper;
ALTER TABLE "t" ADD CONSTRAINT "t_s_check" CHECK ((s <> 'z'::temper));
CREATE INDEX "t_a" ON "t" ("id") WHERE (s = 'a'::temper);
-- MAY_FAIL_ON_DATA
DROP TYPE "mood";
