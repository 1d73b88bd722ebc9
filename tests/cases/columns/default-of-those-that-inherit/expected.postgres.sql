-- REWRITES_TABLE
ALTER TABLE ONLY "cat" ALTER COLUMN "id" DROP DEFAULT;
ALTER TABLE ONLY "kitten" ALTER COLUMN "id" DROP DEFAULT;
ALTER TABLE "animal" ALTER COLUMN "id" TYPE bigint;
ALTER TABLE ONLY "cat" ALTER COLUMN "id" SET DEFAULT nextval('cat_id_seq'::regclass);
ALTER TABLE ONLY "kitten" ALTER COLUMN "id" SET DEFAULT nextval('cat_id_seq'::regclass);
DO $$BEGIN EXECUTE pg_catalog.format('ALTER SEQUENCE %s AS bigint', pg_catalog.pg_get_serial_sequence('"animal"', 'id')); END$$;
ALTER TABLE ONLY "cat" ALTER COLUMN "kind" DROP DEFAULT;
ALTER TABLE ONLY "fish" ALTER COLUMN "kind" DROP DEFAULT;
ALTER TABLE ONLY "kitten" ALTER COLUMN "kind" DROP DEFAULT;
ALTER TABLE "animal" ALTER COLUMN "kind" DROP DEFAULT;
ALTER TABLE "animal" ALTER COLUMN "kind" TYPE text;
ALTER TABLE "animal" ALTER COLUMN "kind" SET DEFAULT 'any'::text;
ALTER TABLE ONLY "cat" ALTER COLUMN "kind" SET DEFAULT 'cat'::character varying;
ALTER TABLE ONLY "fish" ALTER COLUMN "kind" SET DEFAULT 'fish'::character varying;
ALTER TABLE ONLY "kitten" ALTER COLUMN "kind" SET DEFAULT 'cat'::character varying;
ALTER TABLE "animal" ALTER COLUMN "legs" SET DEFAULT 2;
ALTER TABLE ONLY "fish" ALTER COLUMN "legs" SET DEFAULT 0;
-- MAY_CHANGE_DATA, MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE ONLY "t1" ALTER COLUMN "n" DROP DEFAULT;
ALTER TABLE "t" ALTER COLUMN "n" TYPE integer USING "n"::integer;
ALTER TABLE ONLY "t1" ALTER COLUMN "n" SET DEFAULT ('7'::character varying)::integer;
