-- When the rows of these objects ($1: kind, $2: schema, $3: table, $4: part of it) were written last.
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
               AS a (kind, schema, "table", part, place)
), homes AS (
    SELECT a.place, a.kind, a.part, c.oid, c.xmin AS written
      FROM asked a
      JOIN pg_catalog.pg_namespace n ON n.nspname = a.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = a.table
), columns AS (
    SELECT h.place, h.oid, a.attnum, a.xmin AS written
      FROM homes h
      JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attname = h.part AND NOT a.attisdropped
     WHERE h.kind = 'column'
), found AS (
    SELECT h.place, h.written FROM homes h WHERE h.kind = 'table'
    UNION ALL
    SELECT c.place, c.written FROM columns c
    UNION ALL
    SELECT c.place, d.xmin FROM columns c
      JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = c.attnum
    UNION ALL
    SELECT h.place, d.xmin
      FROM (SELECT place, oid, 0 AS part FROM homes WHERE kind = 'table'
            UNION ALL SELECT place, oid, attnum FROM columns) h
      JOIN pg_catalog.pg_description d
        ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = h.oid AND d.objsubid = h.part
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
)
SELECT a.place::int AS place,
       CASE a.kind WHEN 'table' THEN format('%I.%I', a.schema, a.table)
                   WHEN 'column' THEN format('%I.%I.%I', a.schema, a.table, a.part)
                   WHEN 'index' THEN format('%I.%I', a.schema, a.part)
                   ELSE format('%I on %I.%I', a.part, a.schema, a.table) END AS object,
       max(pg_catalog.pg_xact_commit_timestamp(f.written)) AS at
  FROM asked a JOIN found f ON f.place = a.place
 GROUP BY 1, 2
