CREATE TABLE t (id integer PRIMARY KEY, host inet, net cidr);
CREATE INDEX t_host ON t USING gist (host inet_ops);
CREATE INDEX t_both ON t USING gist (host inet_ops, net inet_ops);
