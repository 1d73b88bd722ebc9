-- The last entries about these objects ($1: kind, $2: schema, $3: name, $4: part, $5: whether it is missing) in a log
-- that an event trigger writes, under the identities that PostgreSQL gives to event triggers. ALTER TABLE is logged as a
-- change of the table; what is missing was dropped, which is logged of the object itself.
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[]) WITH ORDINALITY
               AS a (kind, schema, object, part, missing, place)
), known AS (
    SELECT a.place, a.missing, 0 AS far,
           CASE WHEN a.kind IN ('schema', 'extension') THEN pg_catalog.format('%I', a.object)
                WHEN a.kind IN ('table', 'type', 'sequence') THEN pg_catalog.format('%I.%I', a.schema, a.object)
                WHEN a.kind = 'column' THEN pg_catalog.format('%I.%I.%I', a.schema, a.object, a.part)
                WHEN a.kind = 'index' THEN pg_catalog.format('%I.%I', a.schema, a.part)
                ELSE pg_catalog.format('%I on %I.%I', a.part, a.schema, a.object) END AS identity
      FROM asked a
    UNION ALL
    SELECT a.place, a.missing, 1, pg_catalog.format('%I.%I', a.schema, a.object) FROM asked a WHERE a.kind IN ('column', 'constraint')
)
SELECT DISTINCT ON (k.place) k.place::int AS place, k.identity AS object, l.{at} AS at, l.{by}::text AS by
  FROM known k
  JOIN {table} l ON l.{object}::text = k.identity
 WHERE l.{at} IS NOT NULL
 ORDER BY k.place, CASE WHEN k.missing THEN k.far ELSE 0 END, l.{at} DESC, k.far
