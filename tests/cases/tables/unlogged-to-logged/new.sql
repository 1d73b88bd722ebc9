CREATE TABLE kv (id integer PRIMARY KEY);
