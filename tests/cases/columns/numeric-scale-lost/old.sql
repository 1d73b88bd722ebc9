-- digits after the point are rounded: MAY_CHANGE_DATA
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n NUMERIC(8,2));
INSERT INTO users VALUES (1, 12), (2, NULL);
