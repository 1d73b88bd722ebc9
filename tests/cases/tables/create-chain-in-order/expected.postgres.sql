CREATE TABLE "zebra" (
    "id" integer NOT NULL,
    CONSTRAINT "zebra_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "lion" (
    "id" integer NOT NULL,
    "zebra_id" integer,
    CONSTRAINT "lion_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "lion_zebra" FOREIGN KEY ("zebra_id") REFERENCES "zebra" ("id")
);
CREATE TABLE "ant" (
    "id" integer NOT NULL,
    "lion_id" integer,
    CONSTRAINT "ant_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "ant_lion" FOREIGN KEY ("lion_id") REFERENCES "lion" ("id")
);
