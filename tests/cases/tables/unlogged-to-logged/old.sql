-- an UNLOGGED table loses its rows in a crash: a difference that counts
CREATE UNLOGGED TABLE kv (id integer PRIMARY KEY);
INSERT INTO kv VALUES (1), (2);
