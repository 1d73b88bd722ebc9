-- The key has its sequence still, which no model mentions: the numbers go on from there.
-- afterwards: SELECT nextval(pg_get_serial_sequence('item', 'id')) => 3
CREATE TABLE item (id serial NOT NULL PRIMARY KEY, name varchar(20) NOT NULL);
INSERT INTO item (name) VALUES ('pen'), ('ink');
ALTER TABLE item ALTER id DROP DEFAULT;
