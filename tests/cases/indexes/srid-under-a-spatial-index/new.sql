CREATE TABLE sites (
  id int PRIMARY KEY,
  gone point NOT NULL,
  kept point NOT NULL,
  flat point NOT NULL,
  SPATIAL KEY kept_index (kept)
);
