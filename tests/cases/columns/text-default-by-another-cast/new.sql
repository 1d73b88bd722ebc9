CREATE TABLE t (
  id integer PRIMARY KEY,
  a char(3) DEFAULT 'a',
  b char(3) DEFAULT 'b',
  c text DEFAULT 'c',
  d varchar(9) DEFAULT 'def',
  e varchar(9)[] DEFAULT '{e}',
  f text DEFAULT 'f'
);
