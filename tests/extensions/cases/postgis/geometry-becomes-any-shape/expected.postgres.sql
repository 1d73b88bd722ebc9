DROP INDEX "place_area";
-- DELETES_DATA
ALTER TABLE "place" DROP COLUMN "area";
-- MAY_FAIL_ON_DATA, REWRITES_TABLE
ALTER TABLE "place" ALTER COLUMN "center" TYPE geometry(Geometry,4326);
-- LOCKS_TABLE
CREATE INDEX "place_nd" ON "place" USING "gist" ("raised" gist_geometry_ops_nd);
-- LOCKS_TABLE
CREATE INDEX "place_raised" ON "place" USING "spgist" ("raised");
