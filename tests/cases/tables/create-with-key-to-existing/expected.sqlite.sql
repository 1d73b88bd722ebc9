BEGIN IMMEDIATE;
CREATE TABLE "posts" (
    "id" INTEGER PRIMARY KEY,
    "user_id" INTEGER NOT NULL,
    "title" VARCHAR(80),
    CONSTRAINT "posts_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
COMMIT;
