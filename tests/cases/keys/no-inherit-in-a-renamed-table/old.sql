-- P59: a NOT NULL keeps the name that was made up for it when its table and its column have new names
CREATE TABLE t (id integer PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY, a text NOT NULL);
CREATE TABLE child () INHERITS (t);
CREATE TABLE u (id integer PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY);
ALTER TABLE u ALTER CONSTRAINT u_n_not_null NO INHERIT;
INSERT INTO t (id, a) VALUES (1, 'a'), (2, 'b');
INSERT INTO child VALUES (3, 3, 'c');
INSERT INTO u VALUES (1), (2);
-- rename: t=parent
-- rename: parent.n=number
-- rename: parent.a=name
-- rename: u=other
-- rename: other.n=number
-- afterwards: SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint WHERE conrelid = 'parent'::regclass AND contype = 'n' AND connoinherit => name_is_there,t_id_not_null,t_n_not_null
-- afterwards: SELECT count(*) FROM pg_constraint WHERE conrelid = 'other'::regclass AND contype = 'n' AND connoinherit => 0
-- afterwards: SELECT count(*) FROM pg_constraint WHERE conrelid = 'child'::regclass AND contype = 'n' => 2
