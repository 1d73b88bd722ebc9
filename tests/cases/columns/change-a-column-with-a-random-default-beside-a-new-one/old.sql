-- MySQL takes no statement that adds a column where any column of it gets a default such as (uuid()).
-- afterwards: SELECT count(*) FROM letters WHERE token IS NULL OR code IS NULL => 0
-- afterwards: SELECT code FROM letters WHERE id = 1 => a1
CREATE TABLE letters (
  id int NOT NULL PRIMARY KEY,
  code varchar(10) NULL,
  token varchar(36) NOT NULL DEFAULT (uuid())
);
INSERT INTO letters (id, code) VALUES (1, 'a1'), (2, NULL);
