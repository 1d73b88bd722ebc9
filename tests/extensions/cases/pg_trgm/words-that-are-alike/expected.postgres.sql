-- DROPS_INDEX
DROP INDEX "word_name";
ALTER TABLE "word" ALTER COLUMN "name" TYPE character varying(80);
-- LOCKS_TABLE
CREATE INDEX "word_name" ON "word" USING "gist" ("name" gist_trgm_ops(siglen='32'), "root" gist_trgm_ops);
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "word" ADD CONSTRAINT "near" CHECK ((similarity((name)::text, root) < (1)::double precision));
