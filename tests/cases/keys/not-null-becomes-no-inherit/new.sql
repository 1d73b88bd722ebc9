CREATE TABLE t (id integer PRIMARY KEY, a text CONSTRAINT a_is_there NOT NULL NO INHERIT, b integer NOT NULL);
CREATE TABLE child (extra integer) INHERITS (t);
CREATE TABLE alone (id integer PRIMARY KEY, a text NOT NULL NO INHERIT);
