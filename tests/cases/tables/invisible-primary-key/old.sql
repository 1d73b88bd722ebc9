-- M24: the server adds a key that no text names; it is no drift, and stays
SET SESSION sql_generate_invisible_primary_key = ON;
CREATE TABLE t (a integer, b integer);
SET SESSION sql_generate_invisible_primary_key = OFF;
INSERT INTO t (a, b) VALUES (1, 2), (3, 4);
-- afterwards: SELECT sum(my_row_id) FROM t => 3
