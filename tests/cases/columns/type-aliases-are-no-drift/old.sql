-- P10 M2: one type under several names
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, a INT4, b INT8, c FLOAT8, d DECIMAL(5), e TIMESTAMPTZ, f BOOL, g CHAR);
INSERT INTO users (id) VALUES (1), (2);
