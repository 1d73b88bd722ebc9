-- A type is recreated after the columns and tables that use it no longer: nothing of those is touched.
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id integer PRIMARY KEY, a mood, b mood DEFAULT 'sad');
CREATE TABLE u (id integer PRIMARY KEY, b mood DEFAULT 'sad');
INSERT INTO t VALUES (1, 'ok', 'sad');
