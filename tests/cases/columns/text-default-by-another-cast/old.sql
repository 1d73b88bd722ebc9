-- P5: what a literal is cast to on its way into a column of text does not count; the value that arrives does
CREATE TABLE t (
  id integer PRIMARY KEY,
  a bpchar(3) DEFAULT 'a'::character varying,
  b char(3) DEFAULT 'b '::text,
  c text DEFAULT 'c  '::bpchar,
  d varchar(9) DEFAULT 'defg'::char(3),
  e varchar(9)[] DEFAULT '{e}'::text[],
  f text DEFAULT 'f '
);
INSERT INTO t (id) VALUES (1);
