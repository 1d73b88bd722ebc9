-- A column's DEFAULT NULL hides its domain's default, also where the domain has a length: without it, new rows get the domain's.
-- afterwards: INSERT INTO t (id) VALUES (2) RETURNING a => none
-- afterwards: SELECT a FROM t WHERE id = 1 => None
CREATE DOMAIN word AS varchar(30) DEFAULT 'none';
CREATE TABLE t (id integer PRIMARY KEY, a word DEFAULT NULL);
INSERT INTO t (id) VALUES (1);
