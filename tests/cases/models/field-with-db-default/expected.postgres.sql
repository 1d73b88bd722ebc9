ALTER TABLE "users" ADD COLUMN "note" character varying(20) DEFAULT 'it''s'::character varying NOT NULL;
