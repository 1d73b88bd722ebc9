CREATE TYPE mood AS ENUM ('happy', 'so-so', 'sad');
CREATE TYPE size AS ENUM ('s', 'l');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
COMMENT ON TYPE mood IS 'the new''s';
COMMENT ON DOMAIN positive IS 'more than nothing';
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, mood mood, size size, n positive);
