ALTER TABLE "t" ADD COLUMN "tags" character varying(20)[] DEFAULT '{}'::character varying[] NOT NULL;
