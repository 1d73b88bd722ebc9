-- P52: a NOT NULL that children do not inherit holds for the table itself: no drift
CREATE TABLE t (id integer PRIMARY KEY, a text, CONSTRAINT a_is_there NOT NULL a NO INHERIT);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
