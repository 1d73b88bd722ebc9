-- P61: an identity that LIKE has made goes on behind the end of its former type
CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
CREATE TABLE twin (LIKE t INCLUDING ALL);
CREATE TABLE down (id integer GENERATED ALWAYS AS IDENTITY (INCREMENT BY -2) PRIMARY KEY);
CREATE TABLE twin_down (LIKE down INCLUDING ALL);
CREATE TABLE bounded (id integer GENERATED ALWAYS AS IDENTITY (MAXVALUE 1000) PRIMARY KEY);
INSERT INTO twin (note) VALUES ('a');
ALTER TABLE twin ALTER COLUMN id RESTART WITH 2147483647;
INSERT INTO twin (note) VALUES ('b');
-- afterwards: INSERT INTO twin (note) VALUES ('c') RETURNING id => 2147483648
-- afterwards: SELECT max_value FROM pg_sequences WHERE sequencename = 'twin_id_seq' => 9223372036854775807
-- afterwards: SELECT min_value FROM pg_sequences WHERE sequencename = 'twin_down_id_seq' => -9223372036854775808
-- afterwards: SELECT max_value FROM pg_sequences WHERE sequencename = 'bounded_id_seq' => 1000
