-- what a table that inherits, or a partition, has as the default of a column stays where that of its parent changes
CREATE TABLE animal (id serial PRIMARY KEY, kind varchar(10) DEFAULT 'any', legs smallint);
CREATE TABLE cat () INHERITS (animal);
CREATE TABLE kitten () INHERITS (cat);
CREATE TABLE fish (kind varchar(10) DEFAULT 'fish') INHERITS (animal);
CREATE SEQUENCE cat_id_seq OWNED BY cat.id;
ALTER TABLE cat ALTER COLUMN id SET DEFAULT nextval('cat_id_seq');
ALTER TABLE cat ALTER COLUMN kind SET DEFAULT 'cat';
ALTER TABLE fish ALTER COLUMN legs SET DEFAULT 0;
CREATE TABLE t (k integer NOT NULL, n varchar(10)) PARTITION BY LIST (k);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);
CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2);
ALTER TABLE t1 ALTER COLUMN n SET DEFAULT '7';
INSERT INTO cat (legs) VALUES (4);
INSERT INTO fish DEFAULT VALUES;
INSERT INTO t VALUES (1, '1');
-- afterwards: SELECT string_agg(concat(adrelid::regclass, '.', attname, '=', pg_get_expr(adbin, adrelid)), ' ' ORDER BY adrelid::regclass::text, attname) FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum WHERE attname <> 'id' => animal.kind='any'::text animal.legs=2 cat.kind='cat'::character varying cat.legs=2 fish.kind='fish'::character varying fish.legs=0 kitten.kind='cat'::character varying kitten.legs=2 t1.n=('7'::character varying)::integer
-- afterwards: SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'kitten'::regclass AND adnum = 1 => nextval('cat_id_seq'::regclass)
