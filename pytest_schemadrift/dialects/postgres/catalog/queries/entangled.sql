-- name: those of these schemas ($1) that have to do with others of people, or with a name that PostgreSQL prints with
-- its schema even where that is the first of the search path.
WITH homes AS MATERIALIZED (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ($1::text[])
), ours AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relnamespace FROM pg_catalog.pg_class c JOIN homes h ON h.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
), pairs AS (
    SELECT o.relnamespace AS here, r.relnamespace AS there
      FROM pg_catalog.pg_constraint k
      JOIN ours o ON o.oid = k.conrelid
      JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
     WHERE k.contype = 'f'
    UNION
    SELECT o.relnamespace, r.relnamespace
      FROM pg_catalog.pg_constraint k
      JOIN ours o ON o.oid = k.confrelid
      JOIN pg_catalog.pg_class r ON r.oid = k.conrelid
     WHERE k.contype = 'f'
    UNION
    SELECT o.relnamespace, r.relnamespace
      FROM pg_catalog.pg_inherits i JOIN ours o ON o.oid = i.inhrelid JOIN pg_catalog.pg_class r ON r.oid = i.inhparent
    UNION
    SELECT o.relnamespace, r.relnamespace
      FROM pg_catalog.pg_inherits i JOIN ours o ON o.oid = i.inhparent JOIN pg_catalog.pg_class r ON r.oid = i.inhrelid
    UNION
    SELECT o.relnamespace, r.relnamespace
      FROM pg_catalog.pg_attrdef a
      JOIN ours o ON o.oid = a.adrelid
      JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_attrdef'::regclass::oid AND d.objid = a.oid
       AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
      JOIN pg_catalog.pg_class r ON r.oid = d.refobjid
    UNION
    SELECT o.relnamespace, r.relnamespace
      FROM pg_catalog.pg_depend d
      JOIN ours o ON o.oid = d.objid
      JOIN pg_catalog.pg_class r ON r.oid = d.refobjid
     WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
    UNION
    SELECT o.relnamespace, t.typnamespace
      FROM pg_catalog.pg_attribute a
      JOIN ours o ON o.oid = a.attrelid
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE a.attnum > 0 AND NOT a.attisdropped
)
SELECT h.nspname::text AS name
  FROM pairs p
  JOIN homes h ON h.oid = p.here
  JOIN pg_catalog.pg_namespace n ON n.oid = p.there
 WHERE p.here <> p.there AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
UNION
SELECT h.nspname::text FROM pg_catalog.pg_extension e JOIN homes h ON h.oid = e.extnamespace
UNION
SELECT h.nspname::text
  FROM ours o
  JOIN homes h ON h.oid = o.relnamespace
  JOIN pg_catalog.pg_class s ON s.relname = o.relname AND s.relnamespace = 'pg_catalog'::regnamespace
UNION
SELECT h.nspname::text
  FROM pg_catalog.pg_type t
  JOIN homes h ON h.oid = t.typnamespace
  JOIN pg_catalog.pg_type s ON s.typname = t.typname AND s.typnamespace = 'pg_catalog'::regnamespace
UNION
SELECT h.nspname::text
  FROM pg_catalog.pg_proc p
  JOIN homes h ON h.oid = p.pronamespace
  JOIN pg_catalog.pg_proc s ON s.proname = p.proname AND s.pronamespace = 'pg_catalog'::regnamespace
