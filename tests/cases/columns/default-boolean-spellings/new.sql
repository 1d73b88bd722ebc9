CREATE TABLE t (id integer PRIMARY KEY, a boolean DEFAULT True, b boolean DEFAULT FALSE);
