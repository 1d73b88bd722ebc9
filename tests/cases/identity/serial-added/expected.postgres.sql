-- LOCKS_TABLE
CREATE SEQUENCE "t_id_seq" AS integer OWNED BY "t"."id";
SELECT pg_catalog.setval('"t_id_seq"', max("id")) FROM "t" HAVING max("id") >= 1;
ALTER TABLE "t" ALTER COLUMN "id" SET DEFAULT nextval('"t_id_seq"'::regclass);
