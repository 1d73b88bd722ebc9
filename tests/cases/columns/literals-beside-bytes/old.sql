-- MySQL turns literals beside bytes into bytes when it reads the expression again, which changes nothing; beside letters it does (M48)
-- afterwards: SELECT count(*) FROM t WHERE g = 'é-' AND h = 'é' AND v <> 'Q' => 1
CREATE TABLE t (
    id INT NOT NULL PRIMARY KEY,
    b VARBINARY(9),
    v VARCHAR(9),
    n INT,
    g VARBINARY(20) AS (concat(b, '-')) STORED,
    h VARBINARY(20) AS (coalesce(nullif(b, 'x'), 'é')) VIRTUAL,
    CONSTRAINT one CHECK (b <> 'x' AND substr(b, 1, 2) <> 'ü'),
    CONSTRAINT some CHECK (b IN ('é', 'ü', 'a''b') OR b LIKE '_%'),
    CONSTRAINT binaries CHECK (v <> _binary'q')
);
INSERT INTO t (id, b, v) VALUES (1, 'é', 'a');
ALTER TABLE t ADD COLUMN last INT;
