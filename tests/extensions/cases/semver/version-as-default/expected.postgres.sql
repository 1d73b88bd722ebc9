ALTER TABLE "release" ADD COLUMN "since" semver DEFAULT '0.1.0'::semver NOT NULL;
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
CREATE UNIQUE INDEX "release_version" ON "release" ("version");
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "release" ADD CONSTRAINT "order_of_versions" CHECK ((since <= version));
