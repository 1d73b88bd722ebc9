-- MySQL puts the literals beside a column into its character set when it reads the expression again: bytes, no letters (M48)
-- afterwards: SELECT count(*) FROM t WHERE gl = 'x€é' AND gc = 'x-Д' AND gu = 'x日' AND a IS NULL => 1
-- refused with: INSERT INTO t (id, l) VALUES (2, 'ß')
CREATE TABLE t (
    id INT NOT NULL PRIMARY KEY,
    l VARCHAR(9) CHARACTER SET latin1,
    c VARCHAR(9) CHARACTER SET cp1251,
    u VARCHAR(9) CHARACTER SET ucs2,
    n INT,
    gl VARCHAR(20) AS (concat(l, '€é')) STORED,
    gc VARCHAR(20) AS (concat(c, '-Д')) VIRTUAL,
    gu VARCHAR(20) AS (concat(u, '日')) VIRTUAL,
    a VARCHAR(9) CHARACTER SET koi8r AS (nullif(c, 'x')) VIRTUAL
);
INSERT INTO t (id, l, c, u) VALUES (1, 'x', 'x', 'x');
ALTER TABLE t ADD COLUMN last INT;
