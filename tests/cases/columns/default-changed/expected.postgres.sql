ALTER TABLE "users" ALTER COLUMN "n" SET DEFAULT '-5'::integer;
