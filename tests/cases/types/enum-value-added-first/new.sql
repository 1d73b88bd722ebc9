CREATE TYPE mood AS ENUM ('x', 'a', 'b');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'a', ms mood[]);
