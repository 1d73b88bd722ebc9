-- P56: which operator class a GiST index on addresses has must be said before 19, where inet_ops is the default
CREATE TABLE t (id integer PRIMARY KEY, host inet, net cidr);
INSERT INTO t VALUES (1, '10.0.0.1', '10.0.0.0/8');
CREATE INDEX t_host ON t USING gist (host inet_ops);
CREATE INDEX t_net ON t USING gist (net inet_ops);
