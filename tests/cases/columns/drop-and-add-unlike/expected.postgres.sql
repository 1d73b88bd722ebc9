-- DELETES_DATA
ALTER TABLE "users" DROP COLUMN "age";
ALTER TABLE "users" ADD COLUMN "zipcode" character varying(9);
