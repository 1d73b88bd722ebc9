-- semver: a version comes with a default, a range beside it.
-- afterwards: SELECT max(version)::text || min(since)::text FROM release => 1.10.0-rc.10.1.0
CREATE EXTENSION semver;
CREATE TABLE release (id int PRIMARY KEY, version semver NOT NULL);
INSERT INTO release VALUES (1, '1.2.3'), (2, '1.10.0-rc.1');
