ALTER TYPE "mood" ADD VALUE 'so-so' AFTER 'happy';
COMMENT ON DOMAIN "positive" IS 'more than nothing';
COMMENT ON TYPE "mood" IS 'the new''s';
COMMENT ON TYPE "size" IS NULL;
