CREATE TABLE t (id integer PRIMARY KEY, d jsonb);
CREATE INDEX t_d ON t USING gin (d jsonb_path_ops);
