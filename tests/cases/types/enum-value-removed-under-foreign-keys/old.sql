-- Foreign keys between columns of the enum, of one table, of another, and with a column of another type: off and on again.
-- afterwards: SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated AND confdeltype = 'c' => 2
-- afterwards: SELECT obj_description(oid) FROM pg_constraint WHERE conname = 'seen_mood' => who saw it
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE TABLE moods (m mood PRIMARY KEY, opposite mood CONSTRAINT opposites REFERENCES moods DEFERRABLE, n int NOT NULL, UNIQUE (n, m));
CREATE TABLE seen (id int PRIMARY KEY, m mood NOT NULL DEFAULT 'b', n int,
    CONSTRAINT seen_mood FOREIGN KEY (m) REFERENCES moods ON DELETE CASCADE,
    CONSTRAINT seen_both FOREIGN KEY (n, m) REFERENCES moods (n, m) ON DELETE CASCADE);
COMMENT ON CONSTRAINT seen_mood ON seen IS 'who saw it';
INSERT INTO moods VALUES ('a', 'b', 1), ('b', 'a', 2);
INSERT INTO seen VALUES (1, 'a', 1), (2, 'b', NULL);
