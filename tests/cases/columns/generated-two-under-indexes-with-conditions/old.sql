-- Two generated columns are away while what they are computed from changes: an index on both comes back once, with the last
CREATE TABLE t (
    id integer PRIMARY KEY, a integer, b integer, w varchar(9), v varchar(9),
    g integer GENERATED ALWAYS AS (a + b) STORED,
    h integer GENERATED ALWAYS AS (length(w)) STORED
);
CREATE INDEX one ON t (g, w) WHERE w <> 'x';
CREATE INDEX two ON t (h, a, lower(w));
CREATE UNIQUE INDEX three ON t (g, h, w);
CREATE INDEX four ON t (g) WHERE b > 2 AND v <> 'x';
INSERT INTO t (id, a, b, w, v) VALUES (1, 1, 3, 'ab', 'c');
