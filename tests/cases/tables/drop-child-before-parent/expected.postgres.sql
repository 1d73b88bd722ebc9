-- DELETES_DATA
DROP TABLE "posts";
-- DELETES_DATA
DROP TABLE "users";
CREATE TABLE "other" (
    "id" integer NOT NULL,
    CONSTRAINT "other_pkey" PRIMARY KEY ("id")
);
