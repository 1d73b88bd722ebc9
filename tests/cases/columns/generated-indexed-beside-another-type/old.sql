-- P28: an index on a computed column has a predicate over a column that gets another type in the same plan, before and after
-- afterwards: SELECT string_agg(indexdef, '; ' ORDER BY indexname) FROM pg_indexes WHERE indexname LIKE 'twice%' OR indexname LIKE 'held\_%' AND indexname <> 'held_pkey' => CREATE INDEX held_before ON public.held USING btree (twice) WHERE (a > (3)::numeric); CREATE INDEX held_by_two ON public.held USING btree (twice) WHERE ((z > (3)::numeric) AND (a > (3)::numeric)); CREATE INDEX held_later ON public.held USING btree (twice) WHERE (z > (3)::numeric); CREATE INDEX twice_before ON public.before USING btree (twice) WHERE (p > (3)::numeric); CREATE INDEX twice_later ON public.later USING btree (twice) WHERE (p > (3)::numeric)
CREATE TABLE before (id INTEGER NOT NULL PRIMARY KEY, p INTEGER, n INTEGER, twice INTEGER GENERATED ALWAYS AS (n * 2) STORED);
CREATE INDEX twice_before ON before (twice) WHERE p > 3;
INSERT INTO before VALUES (1, 5, 6), (2, 1, 7);
CREATE TABLE later (id INTEGER NOT NULL PRIMARY KEY, n INTEGER, twice INTEGER GENERATED ALWAYS AS (n * 2) STORED, p INTEGER);
CREATE INDEX twice_later ON later (twice) WHERE p > 3;
INSERT INTO later (id, n, p) VALUES (1, 6, 5), (2, 7, 1);
CREATE TABLE held (id INTEGER NOT NULL PRIMARY KEY, a DOUBLE PRECISION, n INTEGER, twice INTEGER GENERATED ALWAYS AS (n * 2) STORED, z DOUBLE PRECISION);
CREATE INDEX held_before ON held (twice) WHERE a > 3;
CREATE INDEX held_later ON held (twice) WHERE z > 3;
CREATE INDEX held_by_two ON held (twice) WHERE z > 3 AND a > 3;
INSERT INTO held (id, a, n, z) VALUES (1, 5, 5, 7);
