CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'none' NOT NULL);
CREATE TABLE child (extra integer) INHERITS (t);
CREATE TABLE alone (id integer PRIMARY KEY, b text NOT NULL);
CREATE TABLE small () INHERITS (alone);
