-- REWRITES_TABLE
ALTER TABLE "room" ADD COLUMN "walls" cube DEFAULT cube((0)::double precision, (3)::double precision) NOT NULL;
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "room" ALTER COLUMN "box" SET NOT NULL;
-- LOCKS_TABLE
CREATE INDEX "room_box" ON "room" USING "gist" ("box");
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
CREATE UNIQUE INDEX "room_once" ON "room" ("box", "walls");
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "room" ADD CONSTRAINT "has_sides" CHECK ((NOT cube_is_point(box)));
