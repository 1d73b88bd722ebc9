-- a comment alone restates the whole column in MySQL (M27), and nothing else of it is lost
CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) NOT NULL DEFAULT 'x');
INSERT INTO t VALUES (1, 'a'), (2, 'b');
