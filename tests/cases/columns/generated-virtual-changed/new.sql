CREATE TABLE t (id integer PRIMARY KEY, n integer, v integer GENERATED ALWAYS AS (n * 2) VIRTUAL, CONSTRAINT small CHECK (v < 90));
