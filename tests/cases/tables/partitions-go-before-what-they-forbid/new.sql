CREATE TABLE places (
  id int NOT NULL PRIMARY KEY
);
CREATE TABLE visits (
  page int NOT NULL,
  place_id int,
  PRIMARY KEY (page),
  CONSTRAINT visits_place FOREIGN KEY (place_id) REFERENCES places (id)
);
CREATE TABLE stays (
  id int NOT NULL,
  night int NOT NULL,
  PRIMARY KEY (night)
) PARTITION BY HASH (night) PARTITIONS 2;
