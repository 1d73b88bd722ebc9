-- MySQL has no other way than to rebuild the index (9.7), and needs no foreign key off for it
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer, b integer, KEY t_a (a) COMMENT 'old words', UNIQUE KEY t_b (b));
CREATE TABLE c (id integer NOT NULL PRIMARY KEY, b integer, KEY c_b (b) COMMENT 'of t', CONSTRAINT c_b FOREIGN KEY (b) REFERENCES t (b));
INSERT INTO t (id, a, b) VALUES (1, 1, 1), (2, 1, 2);
