ALTER TABLE "users" ADD COLUMN "mail" character varying(20);
-- LOCKS_TABLE
ALTER TABLE "users" ADD CONSTRAINT "users_mail_key" UNIQUE ("mail");
