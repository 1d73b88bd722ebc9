COMMENT ON COLUMN "t"."a" IS 'what; it''s \ "called"';
