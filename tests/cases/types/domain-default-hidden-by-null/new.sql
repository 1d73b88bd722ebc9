CREATE DOMAIN word AS varchar(30) DEFAULT 'none';
CREATE TABLE t (id integer PRIMARY KEY, a word);
