CREATE TABLE animal (id bigserial PRIMARY KEY, kind text DEFAULT 'any', legs smallint DEFAULT 2);
CREATE TABLE cat () INHERITS (animal);
CREATE TABLE kitten () INHERITS (cat);
CREATE TABLE fish (kind text DEFAULT 'fish') INHERITS (animal);
CREATE SEQUENCE cat_id_seq OWNED BY cat.id;
CREATE TABLE t (k integer NOT NULL, n integer) PARTITION BY LIST (k);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);
CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2);
