-- a type's comment is changed by itself: no value is checked and nothing is locked for it
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TYPE size AS ENUM ('s', 'l');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
COMMENT ON TYPE mood IS 'old words';
COMMENT ON TYPE size IS 'not wanted';
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, mood mood, size size, n positive);
INSERT INTO t (id, mood, size, n) VALUES (1, 'sad', 's', 3);
