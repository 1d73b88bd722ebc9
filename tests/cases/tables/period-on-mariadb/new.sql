CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a date, b date);
