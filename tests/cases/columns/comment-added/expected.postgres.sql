COMMENT ON COLUMN "t"."a" IS E'what; it''s \\ "called"';
