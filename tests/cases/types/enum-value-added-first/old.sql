-- P37: a value before all others
-- afterwards: SELECT enum_first(NULL::mood)::text => x
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'a', ms mood[]);
INSERT INTO t VALUES (1, 'a', '{a,b}'), (2, 'b', NULL);
