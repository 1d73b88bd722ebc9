CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) DEFAULT 'abc', b text DEFAULT 'abc', c varchar DEFAULT 'abc');
