ALTER TABLE "users" ADD COLUMN "made" timestamp without time zone DEFAULT CURRENT_TIMESTAMP;
