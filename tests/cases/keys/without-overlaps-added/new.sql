CREATE TABLE booked (room int4range NOT NULL, during daterange NOT NULL, CONSTRAINT booked_pkey PRIMARY KEY (room, during WITHOUT OVERLAPS));
CREATE TABLE used (room int4range, during daterange, CONSTRAINT used_booked FOREIGN KEY (room, PERIOD during) REFERENCES booked (room, PERIOD during));
