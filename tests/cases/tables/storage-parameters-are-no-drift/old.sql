-- P44: how rows are stored is out of scope
CREATE TABLE kv (id integer PRIMARY KEY) WITH (fillfactor = 70);
INSERT INTO kv VALUES (1), (2);
