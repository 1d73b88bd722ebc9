-- REWRITES_TABLE
ALTER TABLE "t" DROP COLUMN "g";
ALTER TABLE "t" DROP COLUMN "h";
ALTER TABLE "t" ALTER COLUMN "a" TYPE bigint;
-- REWRITES_TABLE
ALTER TABLE "t" ALTER COLUMN "b" TYPE numeric;
ALTER TABLE "t" ALTER COLUMN "v" TYPE text;
ALTER TABLE "t" ALTER COLUMN "w" TYPE text;
ALTER TABLE "t" ADD COLUMN "h" integer GENERATED ALWAYS AS (length(w)) STORED;
CREATE INDEX "two" ON "t" ("h", "a", (lower(w)));
ALTER TABLE "t" ADD COLUMN "g" integer GENERATED ALWAYS AS (((a)::numeric + b)) STORED;
CREATE INDEX "four" ON "t" ("g") WHERE ((b > (2)::numeric) AND (v <> 'x'::text));
CREATE UNIQUE INDEX "three" ON "t" ("g", "h", "w");
CREATE INDEX "one" ON "t" ("g", "w") WHERE (w <> 'x'::text);
