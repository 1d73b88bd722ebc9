CREATE TABLE t (id integer PRIMARY KEY, n bigint DEFAULT 7 NOT NULL, name varchar(20) DEFAULT 'none' NOT NULL);
