CREATE EXTENSION roaringbitmap;
CREATE TABLE tag (id int PRIMARY KEY, docs roaringbitmap NOT NULL, more roaringbitmap DEFAULT '{}'::roaringbitmap NOT NULL);
