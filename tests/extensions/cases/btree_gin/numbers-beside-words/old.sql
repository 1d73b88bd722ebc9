-- btree_gin: a model puts a number beside its words in one index, for which nobody made the extension.
-- extension: btree_gin
-- afterwards: SELECT count(*) FROM note WHERE kind = 2 => 1
CREATE TABLE note (id serial NOT NULL PRIMARY KEY, kind smallint NOT NULL, data jsonb NOT NULL);
INSERT INTO note (kind, data) VALUES (1, '{"a": 1}'), (2, '[]');
