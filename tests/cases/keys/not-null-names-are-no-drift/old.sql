-- P18: PostgreSQL 18 names NOT NULL constraints; nobody compares them
CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
