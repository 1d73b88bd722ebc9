CREATE TABLE t (
    id integer PRIMARY KEY, a bigint, b numeric, w text, v text,
    g integer GENERATED ALWAYS AS (a + b) STORED,
    h integer GENERATED ALWAYS AS (length(w)) STORED
);
CREATE INDEX one ON t (g, w) WHERE w <> 'x';
CREATE INDEX two ON t (h, a, lower(w));
CREATE UNIQUE INDEX three ON t (g, h, w);
CREATE INDEX four ON t (g) WHERE b > 2 AND v <> 'x';
