-- hstore in a schema of its own: a column comes filled, an index of another kind for one that is there.
-- afterwards: SELECT ext.akeys(attr)::text || more::text FROM item WHERE id = 1 => {a,b}"x"=>"1"
CREATE SCHEMA IF NOT EXISTS ext;
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA ext;
CREATE TABLE item (id int PRIMARY KEY, attr ext.hstore);
CREATE INDEX item_attr ON item USING gist (attr);
INSERT INTO item VALUES (1, 'a=>1, b=>NULL'), (2, NULL);
