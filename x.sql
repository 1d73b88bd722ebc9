SET standard_conforming_strings = on;
SET array_nulls = on;
CREATE TYPE "m" AS ENUM (E'a\\b', 'it''s', 'new
line', 'q"x', '--c', '/*d');
ALTER TABLE "t" ADD COLUMN "e" m DEFAULT 'a\b'::m;
ALTER TABLE "t" ADD COLUMN "i" interval DEFAULT '-1 days +02:03:00'::interval;
ALTER TABLE "t" ADD COLUMN "ts" timestamp with time zone DEFAULT '2020-03-04 05:06:07+00'::timestamp with time zone;
ALTER TABLE "t" ADD COLUMN "d" date DEFAULT '2020-12-03'::date;
ALTER TABLE "t" ADD COLUMN "by" bytea DEFAULT '\xff00'::bytea;
ALTER TABLE "t" ADD COLUMN "f" double precision DEFAULT 0.1234567890123456;
ALTER TABLE "t" ADD COLUMN "j" jsonb DEFAULT '{"k": "\\"}'::jsonb;
ALTER TABLE "t" ADD COLUMN "arr" text[] DEFAULT '{a,NULL,"b\\\\c"}'::text[];
ALTER TABLE "t" ALTER COLUMN "a" TYPE character varying(20);
ALTER TABLE "t" ALTER COLUMN "a" SET DEFAULT 'x\y''z'::character varying;
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
UPDATE "t" SET "a" = 'x\y''z'::character varying WHERE "a" IS NULL;
ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL;
-- LOCKS_TABLE
CREATE INDEX "ix" ON "t" ("a") WHERE ((a)::text <> 'c\d'::text);
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "t" ADD CONSTRAINT "c" CHECK (((a)::text <> '\'';drop table t;--'::text));
COMMENT ON COLUMN "t"."a" IS E'line
new \\'' ; drop table t; /*';
COMMENT ON TABLE "t" IS E'\\''; drop table t; --';
