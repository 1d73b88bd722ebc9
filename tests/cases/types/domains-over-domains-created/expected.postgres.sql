CREATE DOMAIN "under" AS integer DEFAULT 5 CONSTRAINT "under_check" CHECK ((VALUE > 0));
CREATE DOMAIN "bare" AS under DEFAULT NULL;
CREATE DOMAIN "same" AS under DEFAULT 5;
CREATE DOMAIN "again" AS bare CONSTRAINT "again_check" CHECK (((VALUE)::integer < 100));
CREATE DOMAIN "many" AS again[];
ALTER TABLE "t" ADD COLUMN "a" again;
ALTER TABLE "t" ADD COLUMN "b" same;
ALTER TABLE "t" ADD COLUMN "c" many;
