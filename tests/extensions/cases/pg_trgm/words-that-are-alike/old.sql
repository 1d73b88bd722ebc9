-- pg_trgm: an index of trigrams gets another kind and a signature, a check calls a function of the extension.
-- afterwards: SELECT name FROM word WHERE name % 'drifft' => drift
CREATE EXTENSION pg_trgm;
CREATE TABLE word (id int PRIMARY KEY, name varchar(40) NOT NULL, root text);
CREATE INDEX word_name ON word USING gin (name gin_trgm_ops);
INSERT INTO word VALUES (1, 'drift', 'drive'), (2, 'schema', NULL);
