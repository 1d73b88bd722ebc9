CREATE TABLE t (id integer PRIMARY KEY, a integer, g text DEFAULT 'none' NOT NULL, h varchar(5) DEFAULT lower('NOW'::text) NOT NULL);
CREATE VIEW v AS SELECT g, h FROM t;
