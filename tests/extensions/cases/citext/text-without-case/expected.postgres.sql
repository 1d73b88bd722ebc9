-- MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "account" ALTER COLUMN "mail" TYPE citext USING "mail"::citext;
ALTER TABLE "account" ALTER COLUMN "nick" SET DEFAULT 'none'::citext;
-- LOCKS_TABLE
CREATE INDEX "account_nick" ON "account" ("nick" citext_pattern_ops);
