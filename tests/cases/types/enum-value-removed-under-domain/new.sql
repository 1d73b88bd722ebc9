CREATE TYPE mood AS ENUM ('a', 'b');
CREATE DOMAIN feeling AS mood;
CREATE TABLE t (id integer PRIMARY KEY, m feeling);
