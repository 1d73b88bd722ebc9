-- What 15 to 18 brought.
CREATE TABLE parent (id integer PRIMARY KEY, b integer, UNIQUE (id, b));
CREATE TABLE new_things (
    a integer UNIQUE NULLS NOT DISTINCT,
    b integer,
    v integer GENERATED ALWAYS AS (b + 1) VIRTUAL,
    s integer GENERATED ALWAYS AS (b + 2) STORED,
    CONSTRAINT not_b NOT NULL b,
    CHECK (a > 0) NOT ENFORCED,
    FOREIGN KEY (a, b) REFERENCES parent (id, b) NOT ENFORCED,
    FOREIGN KEY (a) REFERENCES parent (id) ON DELETE SET NULL (a)
);
CREATE TABLE booked (id int4range, during int4range, room int4range, PRIMARY KEY (id, during WITHOUT OVERLAPS), UNIQUE (room, during WITHOUT OVERLAPS));
CREATE TABLE used (id int4range, during int4range, FOREIGN KEY (id, PERIOD during) REFERENCES booked (id, PERIOD during));
CREATE TABLE dated (id uuid DEFAULT uuidv7() PRIMARY KEY, a integer, b integer CONSTRAINT here_alone NOT NULL NO INHERIT, net inet);
ALTER TABLE dated ADD CONSTRAINT later NOT NULL a NOT VALID;
CREATE INDEX dated_net ON dated USING gist (net inet_ops);
ALTER TABLE dated ADD CONSTRAINT one_net EXCLUDE USING gist (net inet_ops WITH &&);
