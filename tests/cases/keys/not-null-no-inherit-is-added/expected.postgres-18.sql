ALTER TABLE "t" ADD COLUMN "b" integer DEFAULT 7;
ALTER TABLE "t" ADD CONSTRAINT "t_b_not_null" NOT NULL "b" NO INHERIT;
-- MAY_FAIL_ON_DATA, LOCKS_TABLE
UPDATE ONLY "t" SET "a" = 'none'::text WHERE "a" IS NULL;
ALTER TABLE "t" ADD CONSTRAINT "a_is_there" NOT NULL "a" NO INHERIT;
CREATE TABLE "made" (
    "id" integer CONSTRAINT "made_id_not_null" NOT NULL,
    "n" serial CONSTRAINT "made_n_not_null" NOT NULL,
    "i" integer GENERATED ALWAYS AS IDENTITY CONSTRAINT "made_i_not_null" NOT NULL,
    "a" text CONSTRAINT "there" NOT NULL NO INHERIT,
    CONSTRAINT "made_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "made" ALTER CONSTRAINT "made_id_not_null" NO INHERIT;
ALTER TABLE "made" ALTER CONSTRAINT "made_n_not_null" NO INHERIT;
ALTER TABLE "made" ALTER CONSTRAINT "made_i_not_null" NO INHERIT;
