-- LOCKS_TABLE
CREATE SEQUENCE "t_id_seq" AS integer OWNED BY "t"."id";
SELECT setval(pg_get_serial_sequence('"t"', 'id'), max("id")) FROM "t" HAVING max("id") IS NOT NULL;
ALTER TABLE "t" ALTER COLUMN "id" SET DEFAULT nextval('"t_id_seq"');
