-- P37: an answered rename of an enum's value touches no row
-- rename: mood.sad=blue
-- afterwards: SELECT m::text FROM t WHERE id = 2 => blue
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'happy');
INSERT INTO t VALUES (1, 'happy'), (2, 'sad');
