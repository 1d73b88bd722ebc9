BEGIN IMMEDIATE;
ALTER TABLE "users" ADD COLUMN "pos" INT;
-- LOCKS_TABLE
CREATE INDEX "idx_users_pos_594b6f" ON "users" ("pos");
COMMIT;
