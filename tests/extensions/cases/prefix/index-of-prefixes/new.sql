CREATE EXTENSION prefix;
CREATE TABLE code (id int PRIMARY KEY, p prefix_range NOT NULL, q prefix_range);
CREATE INDEX code_p ON code (p);
CREATE INDEX code_q ON code USING gist (q gist_prefix_range_ops);
