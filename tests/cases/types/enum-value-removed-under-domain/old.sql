-- The type under a domain cannot be made another one.
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE DOMAIN feeling AS mood;
CREATE TABLE t (id integer PRIMARY KEY, m feeling);
