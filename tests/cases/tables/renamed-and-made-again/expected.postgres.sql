ALTER TABLE "a" RENAME TO "c";
CREATE TABLE "a" (
    "id" integer NOT NULL,
    "x" integer,
    "p" integer,
    CONSTRAINT "a_pkey_1" PRIMARY KEY ("id"),
    CONSTRAINT "ux_1" UNIQUE ("x"),
    CONSTRAINT "cx" CHECK ((x > 0)),
    CONSTRAINT "fx" FOREIGN KEY ("p") REFERENCES "p" ("id")
);
CREATE INDEX "ix_1" ON "a" ("p", "x");
