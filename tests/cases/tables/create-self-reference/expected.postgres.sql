CREATE TABLE "nodes" (
    "id" integer NOT NULL,
    "parent_id" integer,
    CONSTRAINT "nodes_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "nodes_parent" FOREIGN KEY ("parent_id") REFERENCES "nodes" ("id") ON DELETE SET NULL
);
