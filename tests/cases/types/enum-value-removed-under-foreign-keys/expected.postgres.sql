-- MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "moods" DROP CONSTRAINT "opposites";
ALTER TABLE "seen" DROP CONSTRAINT "seen_mood";
ALTER TABLE "seen" DROP CONSTRAINT "seen_both";
ALTER TYPE "mood" RENAME TO "mood_old";
CREATE TYPE "mood" AS ENUM ('a', 'b');
ALTER TABLE "moods" ALTER COLUMN "m" TYPE "mood" USING "m"::text::"mood";
ALTER TABLE "moods" ALTER COLUMN "opposite" TYPE "mood" USING "opposite"::text::"mood";
ALTER TABLE "seen" ALTER COLUMN "m" DROP DEFAULT;
ALTER TABLE "seen" ALTER COLUMN "m" TYPE "mood" USING "m"::text::"mood";
ALTER TABLE "seen" ALTER COLUMN "m" SET DEFAULT 'b'::mood;
DROP TYPE "mood_old";
ALTER TABLE "seen" ADD CONSTRAINT "seen_both" FOREIGN KEY ("n", "m") REFERENCES "moods" ("n", "m") ON DELETE CASCADE;
ALTER TABLE "seen" ADD CONSTRAINT "seen_mood" FOREIGN KEY ("m") REFERENCES "moods" ("m") ON DELETE CASCADE;
COMMENT ON CONSTRAINT "seen_mood" ON "seen" IS 'who saw it';
ALTER TABLE "moods" ADD CONSTRAINT "opposites" FOREIGN KEY ("opposite") REFERENCES "moods" ("m") DEFERRABLE;
