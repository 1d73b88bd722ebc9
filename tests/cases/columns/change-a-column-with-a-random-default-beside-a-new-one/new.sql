CREATE TABLE letters (
  id int NOT NULL PRIMARY KEY,
  code varchar(40) NOT NULL DEFAULT (uuid()),
  token varchar(40) NOT NULL DEFAULT (uuid()),
  stamp int NOT NULL DEFAULT 5
);
