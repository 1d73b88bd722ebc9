-- prefix: its GiST index changes its operator class's place for a plain one.
-- afterwards: SELECT id FROM code WHERE p @> '0234' => 2
CREATE EXTENSION prefix;
CREATE TABLE code (id int PRIMARY KEY, p prefix_range NOT NULL);
CREATE INDEX code_p ON code USING gist (p gist_prefix_range_ops);
INSERT INTO code VALUES (1, '01'), (2, '02[0-4]');
