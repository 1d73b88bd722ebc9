-- a unique key over periods becomes an ordinary one; the rows that it let in are there
CREATE TABLE booked (id integer PRIMARY KEY, room int4range, during daterange, CONSTRAINT free UNIQUE (room, during WITHOUT OVERLAPS));
INSERT INTO booked VALUES (1, '[1,2)', '[2026-01-01,2026-01-05)'), (2, '[1,2)', '[2026-01-05,2026-01-09)');
