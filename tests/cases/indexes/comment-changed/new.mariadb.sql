CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer, b integer, KEY t_a (a) COMMENT 'the new''s', UNIQUE KEY t_b (b) COMMENT 'one each');
CREATE TABLE c (id integer NOT NULL PRIMARY KEY, b integer, KEY c_b (b) COMMENT 'of its t', CONSTRAINT c_b FOREIGN KEY (b) REFERENCES t (b));
