CREATE EXTENSION cube;
CREATE TABLE room (id int PRIMARY KEY, box cube NOT NULL, walls cube DEFAULT cube(0, 3) NOT NULL,
                   CONSTRAINT has_sides CHECK (NOT cube_is_point(box)));
CREATE INDEX room_box ON room USING gist (box);
CREATE UNIQUE INDEX room_once ON room (box, walls);
