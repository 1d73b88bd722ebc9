-- The numbers that were given stay, as text.
-- afterwards: SELECT string_agg(id, ',' ORDER BY id) FROM t => 1,2
CREATE TABLE t (id serial PRIMARY KEY, v integer);
CREATE TABLE child (t_id integer REFERENCES t (id));
INSERT INTO t (v) VALUES (10), (20);
INSERT INTO child VALUES (1), (2);
