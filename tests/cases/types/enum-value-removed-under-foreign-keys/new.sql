CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE moods (m mood PRIMARY KEY, opposite mood CONSTRAINT opposites REFERENCES moods DEFERRABLE, n int NOT NULL, UNIQUE (n, m));
CREATE TABLE seen (id int PRIMARY KEY, m mood NOT NULL DEFAULT 'b', n int,
    CONSTRAINT seen_mood FOREIGN KEY (m) REFERENCES moods ON DELETE CASCADE,
    CONSTRAINT seen_both FOREIGN KEY (n, m) REFERENCES moods (n, m) ON DELETE CASCADE);
COMMENT ON CONSTRAINT seen_mood ON seen IS 'who saw it';
