-- a column that partitions and children have from their parent is renamed in all of them, and what stands on it follows
CREATE TABLE t (id integer NOT NULL, n text) PARTITION BY RANGE (id);
CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10);
CREATE INDEX low_n ON low (n);
CREATE TABLE base (id integer PRIMARY KEY, n text);
CREATE TABLE child (extra text, CONSTRAINT child_n CHECK (n <> extra)) INHERITS (base);
CREATE TABLE grand () INHERITS (child);
CREATE UNIQUE INDEX child_index ON child (n);
CREATE INDEX grand_index ON grand (lower(n));
INSERT INTO t VALUES (1, 'a');
INSERT INTO child VALUES (1, 'c', 'd');
-- rename: t.n=name
-- rename: base.n=name
