BEGIN IMMEDIATE;
CREATE TABLE "zebra" (
    "id" INTEGER PRIMARY KEY
);
CREATE TABLE "lion" (
    "id" INTEGER PRIMARY KEY,
    "zebra_id" INTEGER,
    CONSTRAINT "lion_zebra" FOREIGN KEY ("zebra_id") REFERENCES "zebra" ("id")
);
CREATE TABLE "ant" (
    "id" INTEGER PRIMARY KEY,
    "lion_id" INTEGER,
    CONSTRAINT "ant_lion" FOREIGN KEY ("lion_id") REFERENCES "lion" ("id")
);
COMMIT;
