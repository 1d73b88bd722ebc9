-- partitions and tables that inherit follow a renamed parent: none is detached, and none refused
CREATE TABLE t (id integer NOT NULL, n text) PARTITION BY RANGE (id);
CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (10);
CREATE TABLE t_deep PARTITION OF t FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
CREATE TABLE t_deeper PARTITION OF t_deep FOR VALUES FROM (10) TO (15);
CREATE TABLE base (id integer PRIMARY KEY);
CREATE TABLE child (extra text) INHERITS (base);
INSERT INTO t VALUES (1, 'a'), (12, 'b');
INSERT INTO child VALUES (1, 'c');
-- rename: t=parent
-- rename: t_deep=deep
-- rename: base=root
