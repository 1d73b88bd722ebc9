-- M16: MySQL takes off what is computed from a renamed column, by way of another, too, and the keys that stand on that
-- rename: t.a=x
-- rename: t.b=y
CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer, g integer GENERATED ALWAYS AS (a + b) VIRTUAL, s integer GENERATED ALWAYS AS (a * 2) STORED, h integer GENERATED ALWAYS AS (g + 1) VIRTUAL, KEY kh (h), KEY ks (s), CONSTRAINT small CHECK (g < 100), CONSTRAINT of_p FOREIGN KEY (s) REFERENCES p (id));
INSERT INTO p VALUES (4), (6);
INSERT INTO t (id, a, b) VALUES (1, 2, 3), (2, 3, 4);
-- afterwards: SELECT group_concat(concat_ws(' ', x, y, g, s, h) ORDER BY id SEPARATOR ',') FROM t => 2 3 5 4 6,3 4 7 6 8
-- afterwards: SELECT group_concat(column_name ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = database() AND table_name = 't' => id,x,y,g,s,h
