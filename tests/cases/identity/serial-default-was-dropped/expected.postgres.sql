-- LOCKS_TABLE
DO $$DECLARE counter numeric; sequence text := '"t_id_seq"'; BEGIN EXECUTE pg_catalog.format('SELECT CASE WHEN is_called THEN last_value::numeric + seqincrement::numeric WHEN last_value <> seqstart THEN last_value END FROM %s, pg_catalog.pg_sequence WHERE seqrelid = %L::regclass::oid', sequence, sequence) INTO counter; PERFORM pg_catalog.set_config('schemadrift.counter', coalesce(counter::text, ''), false); END$$;
SELECT pg_catalog.setval('"t_id_seq"', least(next, 2147483647)::bigint, next > '2147483647') FROM (SELECT greatest(coalesce(nullif(pg_catalog.current_setting('schemadrift.counter'), '')::numeric, 1), max("id")::numeric + '1') AS next FROM "t") AS counter;
ALTER TABLE "t" ALTER COLUMN "id" SET DEFAULT nextval('"t_id_seq"'::regclass);
