CREATE EXTENSION postgis;
CREATE TABLE place (id int PRIMARY KEY, center geometry(Geometry,4326) NOT NULL, raised geometry(PointZ,3857));
CREATE INDEX place_center ON place USING gist (center);
CREATE INDEX place_raised ON place USING spgist (raised);
CREATE INDEX place_nd ON place USING gist (raised gist_geometry_ops_nd);
