-- REWRITES_TABLE
DROP VIEW "v";
ALTER TABLE "child" DROP CONSTRAINT "child_g_fkey";
ALTER TABLE "t" DROP COLUMN "g";
ALTER TABLE "t" ALTER COLUMN "a" TYPE bigint;
-- REWRITES_TABLE
ALTER TABLE "t" ALTER COLUMN "b" TYPE bigint;
ALTER TABLE "t" ADD COLUMN "g" integer GENERATED ALWAYS AS ((a + b)) STORED;
ALTER TABLE "t" ADD CONSTRAINT "t_g_key" UNIQUE ("g");
CREATE INDEX "t_g_a" ON "t" ("g", "a");
COMMENT ON INDEX "t_g_a" IS 'for the list';
ALTER TABLE "t" ADD CONSTRAINT "t_g_check" CHECK ((g > 0));
ALTER TABLE "t" ADD CONSTRAINT "t_check" CHECK ((g > a));
COMMENT ON COLUMN "t"."g" IS 'the sum';
ALTER TABLE "child" ADD CONSTRAINT "child_g_fkey" FOREIGN KEY ("g") REFERENCES "t" ("g");
CREATE VIEW "v" AS
 SELECT a,
    g
   FROM t;
