CREATE TABLE t (id uuid PRIMARY KEY DEFAULT uuidv7(), a uuid NOT NULL DEFAULT uuidv7('-1 day'::interval));
