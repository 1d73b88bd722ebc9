-- REWRITES_TABLE
ALTER TABLE "t" ALTER COLUMN "id" TYPE bigint;
DO $$BEGIN EXECUTE format('ALTER SEQUENCE %s AS bigint', pg_get_serial_sequence('"t"', 'id')); END$$;
