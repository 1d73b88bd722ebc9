-- A check and an index that go may not take the value that their column is filled with, or its new type: they go first
-- afterwards: SELECT count(*) FROM t WHERE day = '2020-01-01' AND note = 4 AND price = 0 => 2
-- afterwards: SELECT count(*) FROM t WHERE amount = 0 AND size = 0 AND code = 0 AND parent = 1 => 2
CREATE TABLE p (id INT NOT NULL PRIMARY KEY);
CREATE TABLE t (
    id INT NOT NULL PRIMARY KEY,
    day FLOAT,
    note TEXT,
    price VARCHAR(9),
    amount INT,
    size INT CHECK (size > 0),
    code INT,
    parent INT,
    CONSTRAINT k CHECK (day <> 99),
    CONSTRAINT l CHECK (price LIKE '1%'),
    CONSTRAINT m CHECK (amount > 0),
    FULLTEXT KEY f (note),
    KEY p (price(3)),
    UNIQUE KEY c (code),
    UNIQUE KEY o (parent),
    CONSTRAINT t_p FOREIGN KEY (parent) REFERENCES p (id)
);
INSERT INTO p VALUES (1);
INSERT INTO t (id) VALUES (1), (2);
