-- P25 P39: what a failed CREATE INDEX CONCURRENTLY left behind is recreated
-- afterwards: SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_n'::regclass => True
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), n INTEGER);
CREATE INDEX users_n ON users (n);
INSERT INTO users VALUES (1, 'ann', 5), (2, 'bob', 6);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_n'::regclass;
