-- A domain comes after the one that it is over, whatever their names; it begins with the default of that one and may have none.
-- afterwards: INSERT INTO t (id) VALUES (1) RETURNING concat(a, b) => 5
CREATE TABLE t (id integer PRIMARY KEY);
