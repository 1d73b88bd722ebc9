-- MySQL, MariaDB: every unique key has the columns of the partitioning in it, none of these goes, and no foreign key is beside it.
-- afterwards: SELECT count(*) FROM visits WHERE page = 20 AND place_id = 7 => 1
CREATE TABLE places (
  id int NOT NULL PRIMARY KEY
);
CREATE TABLE visits (
  id int NOT NULL,
  page int NOT NULL,
  place_id int,
  PRIMARY KEY (id)
) PARTITION BY HASH (id) PARTITIONS 3;
CREATE TABLE stays (
  id int NOT NULL,
  night int NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY HASH (id) PARTITIONS 3;
INSERT INTO places VALUES (7);
INSERT INTO visits VALUES (1, 10, NULL), (2, 20, 7);
INSERT INTO stays VALUES (1, 10), (2, 20);
