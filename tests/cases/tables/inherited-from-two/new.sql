CREATE TABLE top (z integer);
CREATE TABLE p1 (a bigint, b text);
CREATE TABLE p2 (c integer DEFAULT 4) INHERITS (top);
CREATE TABLE child (d integer) INHERITS (p1, p2);
