BEGIN IMMEDIATE;
CREATE TABLE "nodes" (
    "id" INTEGER PRIMARY KEY,
    "parent_id" INTEGER,
    CONSTRAINT "nodes_parent" FOREIGN KEY ("parent_id") REFERENCES "nodes" ("id") ON DELETE SET NULL
);
COMMIT;
