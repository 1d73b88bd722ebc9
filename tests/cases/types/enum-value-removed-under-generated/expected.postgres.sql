-- MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "t" DROP COLUMN "is_a";
ALTER TABLE "t" DROP COLUMN "same";
ALTER TYPE "mood" RENAME TO "mood_old";
CREATE TYPE "mood" AS ENUM ('a', 'b');
ALTER TABLE "t" ALTER COLUMN "m" TYPE "mood" USING "m"::text::"mood";
DROP TYPE "mood_old";
ALTER TABLE "t" ADD COLUMN "same" mood GENERATED ALWAYS AS (m) STORED;
ALTER TABLE "t" ADD COLUMN "is_a" boolean GENERATED ALWAYS AS ((m = 'a'::mood)) STORED;
CREATE INDEX "t_is_a" ON "t" ("is_a");
