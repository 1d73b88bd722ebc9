-- roaringbitmap: a bitmap comes with a default, and one may no longer be empty.
-- afterwards: SELECT rb_cardinality(docs) FROM tag WHERE id = 1 => 3
CREATE EXTENSION roaringbitmap;
CREATE TABLE tag (id int PRIMARY KEY, docs roaringbitmap);
INSERT INTO tag VALUES (1, '{1,5,9}'), (2, '{}');
