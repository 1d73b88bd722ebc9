-- MariaDB's catalog goes on naming a column's check as before RENAME COLUMN: it is that of the column all the same, also where two change their names.
CREATE TABLE t (id integer PRIMARY KEY, data json NOT NULL, a integer CHECK (a > 1), b integer CHECK (b > 2), c integer CHECK (id > 0));
INSERT INTO t VALUES (1, '{}', 2, 3, 4);
ALTER TABLE t RENAME COLUMN data TO fresh;
ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a;
