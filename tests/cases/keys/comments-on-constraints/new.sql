CREATE TABLE p (id integer NOT NULL PRIMARY KEY);
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer CONSTRAINT said CHECK (a > 0), b integer,
  c integer CONSTRAINT to_p REFERENCES p (id), CONSTRAINT anew CHECK (c > 1), CONSTRAINT quiet CHECK (a < 100), CONSTRAINT t_b CHECK (b < 100),
  CONSTRAINT one UNIQUE (b));
COMMENT ON CONSTRAINT said ON t IS 'new words';
COMMENT ON CONSTRAINT anew ON t IS 'it''s the same';
COMMENT ON CONSTRAINT t_b ON t IS 'under another name';
COMMENT ON CONSTRAINT to_p ON t IS 'whose it is';
COMMENT ON CONSTRAINT one ON t IS 'one each';
COMMENT ON CONSTRAINT t_pkey ON t IS 'the key';
ALTER TABLE t ADD CONSTRAINT apart EXCLUDE USING btree (c WITH =);
COMMENT ON INDEX p_pkey IS 'new words';
COMMENT ON INDEX one IS 'of the index';
