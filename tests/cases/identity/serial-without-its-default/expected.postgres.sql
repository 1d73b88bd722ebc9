DO $$DECLARE counter numeric; sequence text := pg_catalog.pg_get_serial_sequence('"u"', 'id'); BEGIN EXECUTE pg_catalog.format('SELECT CASE WHEN is_called THEN last_value::numeric + seqincrement::numeric WHEN last_value <> seqstart THEN last_value END FROM %s, pg_catalog.pg_sequence WHERE seqrelid = %L::regclass::oid', sequence, sequence) INTO counter; PERFORM pg_catalog.set_config('schemadrift.counter', coalesce(counter::text, ''), false); END$$;
ALTER TABLE "u" ALTER COLUMN "id" DROP IDENTITY;
CREATE SEQUENCE "numbers" AS integer START WITH 11;
ALTER SEQUENCE "numbers" OWNED BY "u"."id";
SELECT pg_catalog.setval('"numbers"', least(next, 2147483647)::bigint, next > '2147483647') FROM (SELECT greatest(coalesce(nullif(pg_catalog.current_setting('schemadrift.counter'), '')::numeric, 11), max("id")::numeric + '1') AS next FROM "u") AS counter;
DO $$DECLARE counter numeric; sequence text := pg_catalog.pg_get_serial_sequence('"t"', 'id'); BEGIN EXECUTE pg_catalog.format('SELECT CASE WHEN is_called THEN last_value::numeric + seqincrement::numeric WHEN last_value <> seqstart THEN last_value END FROM %s, pg_catalog.pg_sequence WHERE seqrelid = %L::regclass::oid', sequence, sequence) INTO counter; PERFORM pg_catalog.set_config('schemadrift.counter', coalesce(counter::text, ''), false); END$$;
ALTER TABLE "t" ALTER COLUMN "id" DROP DEFAULT;
DO $$BEGIN EXECUTE pg_catalog.format('DROP SEQUENCE %s', pg_catalog.pg_get_serial_sequence('"t"', 'id')); END$$;
CREATE SEQUENCE "t_id_seq" AS integer;
ALTER SEQUENCE "t_id_seq" OWNED BY "t"."id";
SELECT pg_catalog.setval('"t_id_seq"', least(next, 2147483647)::bigint, next > '2147483647') FROM (SELECT greatest(coalesce(nullif(pg_catalog.current_setting('schemadrift.counter'), '')::numeric, 1), max("id")::numeric + '1') AS next FROM "t") AS counter;
-- LOCKS_TABLE
ALTER TABLE "t" ALTER COLUMN "id" DROP DEFAULT;
-- LOCKS_TABLE
ALTER TABLE "u" ALTER COLUMN "id" DROP DEFAULT;
