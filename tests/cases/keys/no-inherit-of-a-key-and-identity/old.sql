-- P59: NO INHERIT of a key's column and of an identity is taken back, and given, by ALTER CONSTRAINT alone
CREATE TABLE t (id integer CONSTRAINT key_is_there NOT NULL PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY);
CREATE TABLE other (id integer CONSTRAINT key_is_there NOT NULL PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY);
CREATE TABLE child () INHERITS (other);
ALTER TABLE t ALTER CONSTRAINT key_is_there NO INHERIT;
ALTER TABLE t ALTER CONSTRAINT t_n_not_null NO INHERIT;
INSERT INTO t VALUES (1), (2);
INSERT INTO other VALUES (1), (2);
INSERT INTO child VALUES (3, 3);
-- afterwards: SELECT count(*) FROM pg_constraint WHERE conrelid = 'other'::regclass AND contype = 'n' AND connoinherit => 2
-- afterwards: SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'n' AND connoinherit => 0
