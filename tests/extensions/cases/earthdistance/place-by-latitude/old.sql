-- cube and earthdistance: a domain of an extension as a type, an index on its function.
-- afterwards: SELECT count(*) FROM spot WHERE at @> cube(array[1,2,3]) => 1
CREATE EXTENSION cube;
CREATE EXTENSION earthdistance;
CREATE TABLE spot (id int PRIMARY KEY, at cube NOT NULL, lat float8, lon float8);
CREATE INDEX spot_at ON spot USING gist (at);
INSERT INTO spot VALUES (1, cube(array[1,2,3]), 51, 7), (2, cube(array[4,5,6]), NULL, NULL);
