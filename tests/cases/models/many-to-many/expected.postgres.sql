CREATE TABLE "tags" (
    "id" serial NOT NULL,
    CONSTRAINT "tags_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "tags_users" (
    "tags_id" integer NOT NULL,
    "user_id" integer NOT NULL,
    CONSTRAINT "tags_users_tags_id_fkey" FOREIGN KEY ("tags_id") REFERENCES "tags" ("id") ON DELETE CASCADE,
    CONSTRAINT "tags_users_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "uidx_tags_users_tags_id_a6cd50" ON "tags_users" ("tags_id", "user_id");
