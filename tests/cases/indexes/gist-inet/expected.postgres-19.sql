-- DROPS_INDEX
DROP INDEX "t_net";
-- LOCKS_TABLE
CREATE INDEX "t_both" ON "t" USING "gist" ("host", "net");
