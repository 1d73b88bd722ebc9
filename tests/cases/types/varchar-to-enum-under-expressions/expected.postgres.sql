CREATE TYPE "mood" AS ENUM ('a', 'b', 'z');
-- MAY_FAIL_ON_DATA, REWRITES_TABLE
DROP INDEX "t_a";
ALTER TABLE "t" DROP CONSTRAINT "t_s_check";
ALTER TABLE "t" DROP CONSTRAINT "t_id_excl";
ALTER TABLE "t" ALTER COLUMN "s" DROP DEFAULT;
ALTER TABLE "t" ALTER COLUMN "s" TYPE mood USING "s"::mood;
ALTER TABLE "t" ALTER COLUMN "s" SET DEFAULT 'a'::mood;
ALTER TABLE "t" ADD CONSTRAINT "t_id_excl" EXCLUDE USING btree (id WITH =) WHERE (s = 'a'::mood);
ALTER TABLE "t" ADD CONSTRAINT "t_s_check" CHECK ((s <> 'z'::mood));
CREATE INDEX "t_a" ON "t" ("id") WHERE (s = 'a'::mood);
COMMENT ON INDEX "t_a" IS 'the usual ones';
