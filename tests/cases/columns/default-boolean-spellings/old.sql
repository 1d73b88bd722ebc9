-- P3 T5 M2: True, 'yes' and TRUE
CREATE TABLE t (id integer PRIMARY KEY, a boolean DEFAULT 'yes', b boolean DEFAULT 'f');
INSERT INTO t VALUES (1, true, true), (2, false, NULL);
