ALTER TABLE "users" ALTER COLUMN "name" TYPE character varying(80);
