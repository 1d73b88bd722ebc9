COMMENT ON COLUMN "users"."name" IS 'as on the card';
