ALTER TABLE "file" ADD COLUMN "kind" text;
ALTER TABLE "file" ALTER COLUMN "name" TYPE character varying(20);
