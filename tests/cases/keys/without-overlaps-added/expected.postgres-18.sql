-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "booked" ADD CONSTRAINT "booked_pkey" PRIMARY KEY ("room", "during" WITHOUT OVERLAPS);
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "used" ADD CONSTRAINT "used_booked" FOREIGN KEY ("room", PERIOD "during") REFERENCES "booked" ("room", PERIOD "during");
