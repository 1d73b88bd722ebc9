-- A check and an index that go may not take the type which their column gets before it is filled: they go first
-- afterwards: SELECT count(*) FROM t WHERE day = '2020-01-01' AND note = 4 AND price = 0 => 1
CREATE TABLE t (
    id INT NOT NULL PRIMARY KEY,
    day FLOAT,
    note TEXT,
    price VARCHAR(9),
    CONSTRAINT k CHECK (day <> 99),
    CONSTRAINT l CHECK (price LIKE '1%'),
    FULLTEXT KEY f (note),
    KEY p (price(3))
);
INSERT INTO t VALUES (1, NULL, NULL, NULL);
