ALTER TABLE "select" ADD COLUMN "it's" integer;
ALTER TABLE "select" ALTER COLUMN "two words" TYPE character varying(9);
