-- LOCKS_TABLE
CREATE INDEX "t_d" ON "t" USING "gin" ("d" jsonb_path_ops);
