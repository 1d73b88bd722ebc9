BEGIN IMMEDIATE;
CREATE TABLE "tags" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT
);
CREATE TABLE "tags_users" (
    "tags_id" INT NOT NULL,
    "user_id" INT NOT NULL,
    FOREIGN KEY ("tags_id") REFERENCES "tags" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "uidx_tags_users_tags_id_a6cd50" ON "tags_users" ("tags_id", "user_id");
COMMIT;
