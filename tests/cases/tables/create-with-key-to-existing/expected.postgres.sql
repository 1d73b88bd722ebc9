CREATE TABLE "posts" (
    "id" integer NOT NULL,
    "user_id" integer NOT NULL,
    "title" character varying(80),
    CONSTRAINT "posts_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "posts_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
