-- a row may break a NOT NULL that is for its table alone and one that tables which inherit have, too: it gets both values at once
CREATE TABLE p (id integer PRIMARY KEY, a integer DEFAULT 7, b integer DEFAULT 8);
CREATE TABLE k (z integer) INHERITS (p);
INSERT INTO p VALUES (1, NULL, NULL), (2, 1, 2), (3, NULL, 3), (4, 4, NULL);
INSERT INTO k VALUES (5, NULL, NULL, 1), (6, 2, NULL, 1);
ALTER TABLE p ADD CONSTRAINT of_all NOT NULL b NOT VALID, ADD CONSTRAINT of_p NOT NULL a NO INHERIT NOT VALID;
-- afterwards: SELECT string_agg(concat_ws(' ', a, b), ',' ORDER BY id) FROM p => 7 8,1 2,7 3,4 8,8,2 8
