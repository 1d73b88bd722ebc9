-- MySQL changes no SRID while a spatial index is on the column, nor in the statement that drops it (M47); 0 is one (M46).
CREATE TABLE sites (
  id int PRIMARY KEY,
  gone point NOT NULL SRID 4326,
  kept point NOT NULL SRID 4326,
  flat point NOT NULL SRID 0,
  SPATIAL KEY gone_index (gone),
  SPATIAL KEY kept_index (kept)
);
INSERT INTO sites VALUES
  (1, ST_GeomFromText('POINT(1 2)', 4326), ST_GeomFromText('POINT(3 4)', 4326), ST_GeomFromText('POINT(5 6)', 0));
-- afterwards: SELECT count(*) FROM sites WHERE ST_SRID(kept) = 4326 => 1
