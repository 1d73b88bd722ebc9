CREATE TABLE t (id integer PRIMARY KEY, tags varchar(20)[] NOT NULL DEFAULT '{}');
