-- digits after the point are rounded: MAY_CHANGE_DATA
-- afterwards: SELECT n FROM users WHERE id = 1 => 13
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, n NUMERIC(8,2));
INSERT INTO users VALUES (1, 12.75), (2, NULL);
