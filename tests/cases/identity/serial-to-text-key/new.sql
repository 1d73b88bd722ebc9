CREATE TABLE t (id text PRIMARY KEY, v integer);
CREATE TABLE child (t_id text REFERENCES t (id));
