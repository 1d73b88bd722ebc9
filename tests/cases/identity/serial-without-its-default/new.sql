CREATE TABLE t (id integer PRIMARY KEY, v integer);
CREATE SEQUENCE t_id_seq AS integer OWNED BY t.id;
CREATE TABLE u (id integer PRIMARY KEY, v integer);
CREATE SEQUENCE numbers AS integer START WITH 11 OWNED BY u.id;
