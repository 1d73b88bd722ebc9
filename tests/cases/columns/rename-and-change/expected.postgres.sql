ALTER TABLE "users" RENAME COLUMN "mail" TO "email";
ALTER TABLE "users" ALTER COLUMN "email" TYPE character varying(90);
