-- LOCKS_TABLE
ALTER TABLE "t" ALTER COLUMN "id" DROP DEFAULT;
DO $$BEGIN EXECUTE pg_catalog.format('DROP SEQUENCE %s', pg_catalog.pg_get_serial_sequence('"t"', 'id')); END$$;
