CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (id integer PRIMARY KEY, x integer, y integer, g integer GENERATED ALWAYS AS (x + y) VIRTUAL, s integer GENERATED ALWAYS AS (x * 2) STORED, h integer GENERATED ALWAYS AS (g + 1) VIRTUAL, KEY kh (h), KEY ks (s), CONSTRAINT small CHECK (g < 100), CONSTRAINT of_p FOREIGN KEY (s) REFERENCES p (id));
