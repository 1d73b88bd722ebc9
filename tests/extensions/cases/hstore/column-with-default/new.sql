CREATE SCHEMA IF NOT EXISTS ext;
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA ext;
CREATE TABLE item (id int PRIMARY KEY, attr ext.hstore, more ext.hstore DEFAULT 'x=>1'::ext.hstore NOT NULL);
CREATE INDEX item_attr ON item USING gin (attr);
