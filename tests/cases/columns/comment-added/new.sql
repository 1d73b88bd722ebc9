CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) NOT NULL DEFAULT 'x');
COMMENT ON COLUMN t.a IS 'what; it''s \ "called"';
