CREATE TABLE t (
    id INT NOT NULL PRIMARY KEY,
    b VARBINARY(9),
    v VARCHAR(9),
    n BIGINT,
    g VARBINARY(20) AS (concat(b, '-')) STORED,
    h VARBINARY(20) AS (coalesce(nullif(b, 'x'), 'é')) VIRTUAL,
    last INT,
    CONSTRAINT one CHECK (b <> 'x' AND substr(b, 1, 2) <> 'ü'),
    CONSTRAINT some CHECK (b IN ('é', 'ü', 'a''b') OR b LIKE '_%'),
    CONSTRAINT binaries CHECK (v <> 'q')
);
