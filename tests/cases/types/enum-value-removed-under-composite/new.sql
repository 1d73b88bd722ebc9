CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TYPE pair AS (x integer, m mood);
CREATE TABLE t (id integer PRIMARY KEY, m mood);
