-- LOCKS_TABLE
ALTER TABLE "users" ALTER COLUMN "label" TYPE character varying(20) COLLATE "C";
