-- Numbered, but not as SERIAL does: the same sequence goes on by ones.
-- afterwards: SELECT nextval('t_id_seq') || ', ' || nextval('t_id_seq') => 21, 22
CREATE TABLE t (id serial PRIMARY KEY, v integer);
ALTER SEQUENCE t_id_seq INCREMENT BY 10 MAXVALUE 1000 CYCLE;
INSERT INTO t (v) VALUES (10), (20);
