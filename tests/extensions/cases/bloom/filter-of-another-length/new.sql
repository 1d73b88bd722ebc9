CREATE EXTENSION bloom;
CREATE TABLE part (id int PRIMARY KEY, a int, b text, c int DEFAULT 7 NOT NULL);
CREATE INDEX part_all ON part USING bloom (a, b, c) WITH (length = 80, col1 = 2);
