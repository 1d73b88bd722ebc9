-- PostGIS: the shape of a geometry is opened, its SRID stays; another kind of index comes, a geography goes.
-- afterwards: SELECT sum(st_x(center)) || ' ' || sum(st_z(raised)) FROM place => 15 3
CREATE EXTENSION postgis;
CREATE TABLE place (id int PRIMARY KEY, center geometry(Point,4326) NOT NULL, area geography(Polygon,4326), raised geometry(PointZ,3857));
CREATE INDEX place_center ON place USING gist (center);
CREATE INDEX place_area ON place USING gist (area);
INSERT INTO place VALUES (1, 'SRID=4326;POINT(7 51)', 'POLYGON((0 0,1 0,1 1,0 0))', NULL), (2, 'SRID=4326;POINT(8 52)', NULL, 'SRID=3857;POINT Z (1 2 3)');
