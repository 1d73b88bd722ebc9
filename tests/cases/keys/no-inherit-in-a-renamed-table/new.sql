CREATE TABLE parent (id integer PRIMARY KEY, number integer GENERATED ALWAYS AS IDENTITY, name text CONSTRAINT name_is_there NOT NULL NO INHERIT);
CREATE TABLE child () INHERITS (parent);
ALTER TABLE parent ALTER CONSTRAINT parent_id_not_null NO INHERIT;
ALTER TABLE parent ALTER CONSTRAINT parent_number_not_null NO INHERIT;
CREATE TABLE other (id integer PRIMARY KEY, number integer GENERATED ALWAYS AS IDENTITY);
