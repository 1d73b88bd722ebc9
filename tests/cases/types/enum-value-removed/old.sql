-- P37: the type is recreated, the columns converted, arrays too
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'a', ms mood[]);
INSERT INTO t VALUES (1, 'a', '{a,b}'), (2, 'b', NULL);
