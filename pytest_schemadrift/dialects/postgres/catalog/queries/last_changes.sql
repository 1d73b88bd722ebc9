-- When the rows of these objects ($1: kind, $2: schema, $3: name, $4: part of a table) were written last.
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
               AS a (kind, schema, object, part, place)
), homes AS (
    SELECT a.place, a.kind, a.part, c.oid, c.xmin AS written
      FROM asked a
      JOIN pg_catalog.pg_namespace n ON n.nspname = a.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = a.object
     WHERE a.kind IN ('table', 'column', 'index', 'constraint', 'sequence')
), types AS (
    SELECT a.place, t.oid, t.xmin AS written
      FROM asked a
      JOIN pg_catalog.pg_namespace n ON n.nspname = a.schema
      JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typname = a.object
     WHERE a.kind = 'type'
), columns AS (
    SELECT h.place, h.oid, a.attnum, a.xmin AS written
      FROM homes h
      JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attname = h.part AND NOT a.attisdropped
     WHERE h.kind = 'column'
), found AS (
    SELECT h.place, h.written FROM homes h WHERE h.kind IN ('table', 'sequence')
    UNION ALL
    SELECT c.place, c.written FROM columns c
    UNION ALL
    SELECT c.place, d.xmin FROM columns c
      JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = c.attnum
    UNION ALL
    SELECT h.place, d.xmin
      FROM (SELECT place, oid, 0 AS part FROM homes WHERE kind IN ('table', 'sequence')
            UNION ALL SELECT place, oid, attnum FROM columns) h
      JOIN pg_catalog.pg_description d
        ON d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objoid = h.oid AND d.objsubid = h.part
    UNION ALL
    SELECT h.place, i.xmin
      FROM homes h
      JOIN pg_catalog.pg_index i ON i.indrelid = h.oid
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relname = h.part
     WHERE h.kind = 'index'
    UNION ALL
    SELECT h.place, k.xmin
      FROM homes h JOIN pg_catalog.pg_constraint k ON k.conrelid = h.oid AND k.conname = h.part
     WHERE h.kind = 'constraint'
    UNION ALL
    SELECT h.place, s.xmin FROM homes h JOIN pg_catalog.pg_sequence s ON s.seqrelid = h.oid WHERE h.kind = 'sequence'
    UNION ALL
    SELECT t.place, t.written FROM types t
    UNION ALL
    -- A value that an enum was given, a check of a domain.
    SELECT t.place, e.xmin FROM types t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
    UNION ALL
    SELECT t.place, k.xmin FROM types t JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid
    UNION ALL
    SELECT t.place, d.xmin
      FROM types t JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_type'::regclass::oid AND d.objoid = t.oid
    UNION ALL
    SELECT a.place, n.xmin FROM asked a JOIN pg_catalog.pg_namespace n ON n.nspname = a.object WHERE a.kind = 'schema'
    UNION ALL
    SELECT a.place, e.xmin FROM asked a JOIN pg_catalog.pg_extension e ON e.extname = a.object WHERE a.kind = 'extension'
)
SELECT a.place::int AS place,
       CASE WHEN a.kind IN ('schema', 'extension') THEN pg_catalog.format('%I', a.object)
            WHEN a.kind IN ('table', 'type', 'sequence') THEN pg_catalog.format('%I.%I', a.schema, a.object)
            WHEN a.kind = 'column' THEN pg_catalog.format('%I.%I.%I', a.schema, a.object, a.part)
            WHEN a.kind = 'index' THEN pg_catalog.format('%I.%I', a.schema, a.part)
            ELSE pg_catalog.format('%I on %I.%I', a.part, a.schema, a.object) END AS object,
       pg_catalog.max(pg_catalog.pg_xact_commit_timestamp(f.written)) AS at
  FROM asked a JOIN found f ON f.place = a.place
 GROUP BY 1, 2
