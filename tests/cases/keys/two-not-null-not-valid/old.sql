-- P52: a row that breaks two NOT NULL … NOT VALID gets both values at once, and one that no constraint knew yet later
CREATE TABLE t (id integer PRIMARY KEY, b text DEFAULT 'none', c timestamp DEFAULT now(), a text DEFAULT 'new', kept text);
INSERT INTO t VALUES (1, 'a', '2026-03-29 02:30', 'a', 'a'), (2, NULL, NULL, NULL, 'b'), (3, NULL, '2026-03-29 02:30', NULL, 'c');
ALTER TABLE t ADD CONSTRAINT b_is_there NOT NULL b NOT VALID, ADD CONSTRAINT c_is_there NOT NULL c NOT VALID;
-- afterwards: SELECT string_agg(concat_ws(' ', b, a, kept), ',' ORDER BY id) FROM t => a a a,none new b,none new c
-- afterwards: SELECT count(*) FROM t WHERE c = '2026-03-29 02:30' => 2
-- afterwards: SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'n' AND convalidated => 4
