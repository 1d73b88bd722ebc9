CREATE TABLE t (
    id INT NOT NULL PRIMARY KEY,
    l VARCHAR(9) CHARACTER SET latin1,
    c VARCHAR(9) CHARACTER SET cp1251,
    u VARCHAR(9) CHARACTER SET ucs2,
    n BIGINT,
    gl VARCHAR(30) AS (concat(l, '€é')) STORED,
    gc VARCHAR(20) AS (concat(c, '-Д')) VIRTUAL,
    gu VARCHAR(20) AS (concat(u, '日')) VIRTUAL,
    a VARCHAR(9) CHARACTER SET koi8r AS (nullif(c, 'x')) VIRTUAL,
    last INT,
    CONSTRAINT k CHECK (l <> 'ß')
);
