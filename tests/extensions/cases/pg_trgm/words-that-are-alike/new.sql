CREATE EXTENSION pg_trgm;
CREATE TABLE word (id int PRIMARY KEY, name varchar(80) NOT NULL, root text, CONSTRAINT near CHECK (similarity(name, root) < 1));
CREATE INDEX word_name ON word USING gist (name gist_trgm_ops (siglen = 32), root gist_trgm_ops);
