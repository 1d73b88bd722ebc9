COMMENT ON INDEX "t_a" IS 'the new''s';
COMMENT ON INDEX "t_b" IS 'one each';
