CREATE TABLE t (id integer PRIMARY KEY, a text CONSTRAINT a_is_there NOT NULL);
