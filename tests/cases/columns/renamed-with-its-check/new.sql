CREATE TABLE t (id integer PRIMARY KEY, fresh json NOT NULL, b integer CHECK (b > 1), a integer CHECK (a > 2), c integer CHECK (id > 0));
