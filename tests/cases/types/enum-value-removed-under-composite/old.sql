-- No column of a composite type can be given another type while a table uses it.
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE TYPE pair AS (x integer, m mood);
CREATE TABLE t (id integer PRIMARY KEY, m mood);
