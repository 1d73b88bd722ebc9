ALTER TABLE "users" ADD COLUMN "pos" integer;
-- LOCKS_TABLE
CREATE INDEX "idx_users_pos_594b6f" ON "users" ("pos");
