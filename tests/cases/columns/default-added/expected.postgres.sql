ALTER TABLE "users" ALTER COLUMN "name" SET DEFAULT 'it''s'::character varying;
