CREATE EXTENSION cube;
CREATE EXTENSION earthdistance;
CREATE TABLE spot (id int PRIMARY KEY, at cube NOT NULL, lat float8, lon float8, ground earth);
CREATE INDEX spot_at ON spot (at);
CREATE INDEX spot_ground ON spot USING gist (ll_to_earth(lat, lon));
