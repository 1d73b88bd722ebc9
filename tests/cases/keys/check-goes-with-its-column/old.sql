-- M40: servers take a check over one column along with it, or refuse; the plan says each check that goes, and the others stay
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer, b integer, CONSTRAINT one CHECK (a > 0), CONSTRAINT two CHECK (a < b), CONSTRAINT other CHECK (b > 0));
INSERT INTO t VALUES (1, 1, 2), (2, 2, 3);
