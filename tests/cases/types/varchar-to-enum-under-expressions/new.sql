CREATE TYPE mood AS ENUM ('a', 'b', 'z');
CREATE TABLE t (id integer PRIMARY KEY, s mood NOT NULL DEFAULT 'a', CHECK (s <> 'z'), EXCLUDE USING btree (id WITH =) WHERE (s = 'a'));
CREATE INDEX t_a ON t (id) WHERE s = 'a';
COMMENT ON INDEX t_a IS 'the usual ones';
