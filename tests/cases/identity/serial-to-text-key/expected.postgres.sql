-- REWRITES_TABLE
ALTER TABLE "child" DROP CONSTRAINT "child_t_id_fkey";
ALTER TABLE "child" ALTER COLUMN "t_id" TYPE text;
-- LOCKS_TABLE
ALTER TABLE "t" ALTER COLUMN "id" DROP DEFAULT;
DO $$BEGIN EXECUTE pg_catalog.format('DROP SEQUENCE %s', pg_catalog.pg_get_serial_sequence('"t"', 'id')); END$$;
-- REWRITES_TABLE
ALTER TABLE "t" ALTER COLUMN "id" TYPE text;
ALTER TABLE "child" ADD CONSTRAINT "child_t_id_fkey" FOREIGN KEY ("t_id") REFERENCES "t" ("id");
