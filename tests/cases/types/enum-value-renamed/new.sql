CREATE TYPE mood AS ENUM ('happy', 'blue');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'happy');
