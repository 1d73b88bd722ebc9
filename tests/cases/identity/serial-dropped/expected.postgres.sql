-- LOCKS_TABLE
ALTER TABLE "t" ALTER COLUMN "id" DROP DEFAULT;
DO $$BEGIN EXECUTE format('DROP SEQUENCE %s', pg_get_serial_sequence('"t"', 'id')); END$$;
