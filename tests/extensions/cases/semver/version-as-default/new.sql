CREATE EXTENSION semver;
CREATE TABLE release (id int PRIMARY KEY, version semver NOT NULL, since semver DEFAULT '0.1.0'::semver NOT NULL, CONSTRAINT order_of_versions CHECK (since <= version));
CREATE UNIQUE INDEX release_version ON release (version);
