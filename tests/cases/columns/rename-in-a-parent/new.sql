CREATE TABLE t (id integer NOT NULL, name text) PARTITION BY RANGE (id);
CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10);
CREATE INDEX low_n ON low (name);
CREATE TABLE base (id integer PRIMARY KEY, name text);
CREATE TABLE child (extra text, CONSTRAINT child_n CHECK (name <> extra)) INHERITS (base);
CREATE TABLE grand () INHERITS (child);
CREATE UNIQUE INDEX child_index ON child (name);
CREATE INDEX grand_index ON grand (lower(name));
