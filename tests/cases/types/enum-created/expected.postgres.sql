CREATE TYPE "mood" AS ENUM ('a', 'b');
ALTER TABLE "t" ADD COLUMN "m" mood DEFAULT 'a'::mood;
