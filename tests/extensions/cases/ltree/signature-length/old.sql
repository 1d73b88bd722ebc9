-- ltree: the option of an operator class changes, a path comes with a default.
-- afterwards: SELECT count(*) FROM node WHERE path <@ 'a.b' => 1
CREATE EXTENSION ltree;
CREATE TABLE node (id int PRIMARY KEY, path ltree NOT NULL);
CREATE INDEX node_path ON node USING gist (path gist_ltree_ops(siglen='16'));
INSERT INTO node VALUES (1, 'a.b.c'), (2, 'a.d');
