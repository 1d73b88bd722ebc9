CREATE TYPE temper AS ENUM ('a', 'b', 'z');
CREATE TABLE t (id integer PRIMARY KEY, s temper NOT NULL DEFAULT 'a', CHECK (s <> 'z'));
CREATE INDEX t_a ON t (id) WHERE s = 'a';
