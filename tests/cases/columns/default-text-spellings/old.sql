-- The same text with a cast to another type of text is the same default.
CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) DEFAULT 'abc'::text, b text DEFAULT 'abc'::character varying, c varchar DEFAULT 'abc'::text);
INSERT INTO t (id) VALUES (1);
