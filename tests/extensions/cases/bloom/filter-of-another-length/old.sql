-- bloom: the bits of a filter change, a column is added to another.
-- afterwards: SELECT count(*) FROM part WHERE a = 2 AND b = 'y' => 1
CREATE EXTENSION bloom;
CREATE TABLE part (id int PRIMARY KEY, a int, b text);
CREATE INDEX part_all ON part USING bloom (a, b) WITH (length = 80, col1 = 2);
INSERT INTO part VALUES (1, 1, 'x'), (2, 2, 'y');
