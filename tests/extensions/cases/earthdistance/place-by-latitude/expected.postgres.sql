-- DROPS_INDEX
DROP INDEX "spot_at";
ALTER TABLE "spot" ADD COLUMN "ground" earth;
-- LOCKS_TABLE
CREATE INDEX "spot_at" ON "spot" ("at");
-- LOCKS_TABLE
CREATE INDEX "spot_ground" ON "spot" USING "gist" ((ll_to_earth(lat, lon)));
