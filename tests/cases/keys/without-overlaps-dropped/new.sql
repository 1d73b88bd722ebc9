CREATE TABLE booked (id integer PRIMARY KEY, room int4range, during daterange, CONSTRAINT free UNIQUE (room, during));
