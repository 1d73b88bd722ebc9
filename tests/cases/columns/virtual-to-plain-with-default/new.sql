CREATE TABLE t (id integer PRIMARY KEY, a integer, g varchar(20) DEFAULT 'none' NOT NULL);
