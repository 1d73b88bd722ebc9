ALTER TABLE "t" ADD COLUMN "m" numeric(1000,-3);
