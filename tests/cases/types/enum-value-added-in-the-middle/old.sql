-- P37: a value between two others
-- afterwards: SELECT enum_range(NULL::mood)::text => {a,x,b}
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'a', ms mood[]);
INSERT INTO t VALUES (1, 'a', '{a,b}'), (2, 'b', NULL);
