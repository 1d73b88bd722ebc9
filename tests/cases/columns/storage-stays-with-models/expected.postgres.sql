-- MAY_CHANGE_DATA, MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "notes" ALTER COLUMN "body" TYPE character varying(9000);
ALTER TABLE "notes" ALTER COLUMN "body" SET COMPRESSION pglz;
ALTER TABLE "notes" ALTER COLUMN "body" SET STORAGE EXTERNAL;
-- MAY_CHANGE_DATA, MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "notes" ALTER COLUMN "number" TYPE integer USING "number"::integer;
ALTER TABLE "notes" ALTER COLUMN "title" TYPE character varying(120);
ALTER TABLE "notes" ALTER COLUMN "title" SET STORAGE MAIN;
-- LOCKS_TABLE
DO $$DECLARE counter numeric; sequence text := pg_catalog.pg_get_serial_sequence('"notes"', 'id'); BEGIN EXECUTE pg_catalog.format('SELECT CASE WHEN is_called THEN last_value::numeric + seqincrement::numeric WHEN last_value <> seqstart THEN last_value END FROM %s, pg_catalog.pg_sequence WHERE seqrelid = %L::regclass::oid', sequence, sequence) INTO counter; PERFORM pg_catalog.set_config('schemadrift.counter', coalesce(counter::text, ''), false); END$$;
ALTER TABLE "notes" ALTER COLUMN "id" DROP IDENTITY;
CREATE SEQUENCE "notes_id_seq" AS integer OWNED BY "notes"."id";
SELECT pg_catalog.setval('"notes_id_seq"', least(next, 2147483647)::bigint, next > '2147483647') FROM (SELECT greatest(coalesce(nullif(pg_catalog.current_setting('schemadrift.counter'), '')::numeric, 1), max("id")::numeric + '1') AS next FROM "notes") AS counter;
ALTER TABLE "notes" ALTER COLUMN "id" SET DEFAULT nextval('"notes_id_seq"'::regclass);
ALTER TABLE "notes" ALTER COLUMN "number" SET STORAGE DEFAULT;
