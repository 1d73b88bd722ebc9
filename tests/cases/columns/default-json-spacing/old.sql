-- P6: jsonb is respaced by the server
CREATE TABLE t (id integer PRIMARY KEY, a jsonb DEFAULT '{"b":2,"a":1}', b uuid DEFAULT 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11');
INSERT INTO t VALUES (1), (2);
