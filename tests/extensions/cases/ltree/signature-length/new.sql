CREATE EXTENSION ltree;
CREATE TABLE node (id int PRIMARY KEY, path ltree NOT NULL, old ltree DEFAULT ''::ltree NOT NULL, many ltree[]);
CREATE INDEX node_path ON node USING gist (path gist_ltree_ops(siglen='32'));
CREATE INDEX node_many ON node USING gist (many);
CREATE INDEX node_key ON node (path);
