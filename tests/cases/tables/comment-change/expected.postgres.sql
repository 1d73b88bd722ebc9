COMMENT ON TABLE "users" IS 'new, it''s better';
