-- A time-series store: partitions, inheritance, BRIN, tables without a key, keys that a sequence counts.
CREATE SCHEMA metrics;
CREATE SCHEMA "Raw Data";
CREATE TABLE metrics.devices (id integer PRIMARY KEY, name text NOT NULL UNIQUE, place point, net inet, mac macaddr);
CREATE SEQUENCE metrics.reading_numbers;
CREATE TABLE metrics.readings (
  id bigserial,
  device_id integer NOT NULL REFERENCES metrics.devices ON DELETE CASCADE,
  at timestamptz NOT NULL,
  value double precision NOT NULL DEFAULT 'NaN',
  number bigint DEFAULT nextval('metrics.reading_numbers'),
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE metrics.readings_2024 PARTITION OF metrics.readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE metrics.readings_rest PARTITION OF metrics.readings DEFAULT;
CREATE INDEX readings_at ON metrics.readings USING brin (at);
CREATE INDEX readings_device ON metrics.readings (device_id, at DESC);
CREATE TABLE "Raw Data"."log lines" (at timestamptz, line text, level smallint);
CREATE INDEX "by time" ON "Raw Data"."log lines" (at);
CREATE TABLE "Raw Data".gaps (device_id integer NOT NULL, during tstzrange NOT NULL, length interval, UNIQUE (device_id),
  EXCLUDE USING gist (during WITH &&));
CREATE TABLE base_event (id serial PRIMARY KEY, at timestamptz NOT NULL);
CREATE TABLE alarm_event (severity smallint NOT NULL) INHERITS (base_event);
CREATE UNLOGGED TABLE buffer (slot integer PRIMARY KEY, payload bytea);
CREATE TABLE secrets (id integer PRIMARY KEY, value bit(8), bits bit varying(5), amount money);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
