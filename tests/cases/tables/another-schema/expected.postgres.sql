CREATE SCHEMA IF NOT EXISTS "more";
ALTER TABLE "side"."t" ADD COLUMN "v" text;
CREATE TABLE "more"."u" (
    "id" integer NOT NULL,
    CONSTRAINT "u_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "u_id_fkey" FOREIGN KEY ("id") REFERENCES "side"."t" ("id")
);
