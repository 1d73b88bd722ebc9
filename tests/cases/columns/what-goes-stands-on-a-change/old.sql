-- A drop waits for what the rows may refuse, unless it stands on a column that changes: a generated one does, and a check
-- afterwards: SELECT count(*) FROM t WHERE `the day` IS NULL AND h IS NULL => 1
CREATE TABLE a (id INT NOT NULL PRIMARY KEY, x INT);
CREATE TABLE t (
    id INT NOT NULL PRIMARY KEY,
    `the day` FLOAT,
    h INT,
    half INT AS (h / 2) VIRTUAL,
    CONSTRAINT k CHECK (`the day` <> 99)
);
INSERT INTO a VALUES (1, 1);
INSERT INTO t (id) VALUES (1);
