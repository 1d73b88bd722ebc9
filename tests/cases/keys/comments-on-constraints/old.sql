-- a constraint's comment is part of what a file says; one that is recreated has the wanted one
-- afterwards: SELECT string_agg(description, ',' ORDER BY description) FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid IN ('t_pkey'::regclass, 'p_pkey'::regclass, 'apart'::regclass, 'one'::regclass) => new words,of the index
-- afterwards: SELECT count(*) FROM pg_constraint k JOIN pg_description d ON d.objoid = k.oid WHERE d.classoid = 'pg_constraint'::regclass => 6
CREATE TABLE p (id integer NOT NULL PRIMARY KEY);
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer CONSTRAINT said CHECK (a > 0), b integer CONSTRAINT gone CHECK (b > 0),
  c integer, CONSTRAINT anew CHECK (c > 0), CONSTRAINT quiet CHECK (a < 100), CONSTRAINT other_name CHECK (b < 100));
COMMENT ON CONSTRAINT said ON t IS 'old words';
COMMENT ON CONSTRAINT gone ON t IS 'goes with it';
COMMENT ON CONSTRAINT anew ON t IS 'it''s the same';
COMMENT ON CONSTRAINT quiet ON t IS 'not wanted';
COMMENT ON CONSTRAINT other_name ON t IS 'under another name';
ALTER TABLE t ADD CONSTRAINT apart EXCLUDE USING btree (c WITH =);
COMMENT ON INDEX t_pkey IS 'an index, not the constraint';
COMMENT ON INDEX apart IS 'not wanted';
COMMENT ON INDEX p_pkey IS 'old words';
INSERT INTO p (id) VALUES (1);
INSERT INTO t (id, a, b, c) VALUES (1, 1, 1, NULL);
