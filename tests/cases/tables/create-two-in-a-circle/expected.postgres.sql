CREATE TABLE "a" (
    "id" integer NOT NULL,
    "b_id" integer,
    CONSTRAINT "a_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "b" (
    "id" integer NOT NULL,
    "a_id" integer,
    CONSTRAINT "b_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "b_a" FOREIGN KEY ("a_id") REFERENCES "a" ("id")
);
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
ALTER TABLE "a" ADD CONSTRAINT "a_b" FOREIGN KEY ("b_id") REFERENCES "b" ("id");
