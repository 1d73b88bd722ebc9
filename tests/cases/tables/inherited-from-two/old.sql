-- A column of one parent changes: the scratch copy needs the other parents of its children, and theirs.
CREATE TABLE top (z integer);
CREATE TABLE p1 (a integer, b text);
CREATE TABLE p2 (c integer DEFAULT 4) INHERITS (top);
CREATE TABLE child (d integer) INHERITS (p1, p2);
INSERT INTO child (a, b, z, c, d) VALUES (1, 'x', 2, 3, 4);
INSERT INTO p1 VALUES (7, NULL);
