-- cube: a box comes with a default, an index finds its neighbours, one may not be a point.
-- afterwards: SELECT id FROM room ORDER BY box <-> cube(ARRAY[9, 9]) LIMIT 1 => 2
-- refused with: INSERT INTO room VALUES (3, '(1, 1)')
CREATE EXTENSION cube;
CREATE TABLE room (id int PRIMARY KEY, box cube);
INSERT INTO room VALUES (1, '(0, 0), (1, 2)'), (2, '(3, 3), (5, 8)');
