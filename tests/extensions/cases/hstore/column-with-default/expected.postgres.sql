-- DROPS_INDEX
DROP INDEX "item_attr";
ALTER TABLE "item" ADD COLUMN "more" ext.hstore DEFAULT '"x"=>"1"'::ext.hstore NOT NULL;
-- LOCKS_TABLE
CREATE INDEX "item_attr" ON "item" USING "gin" ("attr");
