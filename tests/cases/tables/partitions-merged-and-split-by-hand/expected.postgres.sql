ALTER TABLE "m" ADD COLUMN "note" character varying(10) DEFAULT 'new'::character varying NOT NULL;
