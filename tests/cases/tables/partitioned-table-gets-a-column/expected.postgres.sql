ALTER TABLE "m" ADD COLUMN "note" text;
