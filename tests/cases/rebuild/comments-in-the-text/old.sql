-- S11: sqlite_master keeps comments and case, and neither is drift
CREATE TABLE t ( -- the table
  id INTEGER /* key */ PRIMARY KEY,
  v text -- value
);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
