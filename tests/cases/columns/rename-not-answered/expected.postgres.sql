-- DELETES_DATA
ALTER TABLE "users" DROP COLUMN "mail";
ALTER TABLE "users" ADD COLUMN "email" character varying(50);
