-- A default that older releases of Tortoise wrote is no drift, and stays when its column gets a wider type, if that may have one (MySQL: no text).
-- afterwards: SELECT count(*) FROM m WHERE name = 'a' AND small = 1 AND price = 2 AND note = 'n' => 1
CREATE TABLE m (id int NOT NULL PRIMARY KEY, name varchar(5) NOT NULL DEFAULT 'a', small smallint NOT NULL DEFAULT 1, price decimal(4,2) NOT NULL DEFAULT 2, note varchar(9) NOT NULL DEFAULT 'n');
INSERT INTO m (id) VALUES (1);
