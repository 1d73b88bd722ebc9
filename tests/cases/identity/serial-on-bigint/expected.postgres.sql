-- REWRITES_TABLE
ALTER TABLE "t" ALTER COLUMN "id" TYPE bigint;
DO $$BEGIN EXECUTE pg_catalog.format('ALTER SEQUENCE %s AS bigint', pg_catalog.pg_get_serial_sequence('"t"', 'id')); END$$;
