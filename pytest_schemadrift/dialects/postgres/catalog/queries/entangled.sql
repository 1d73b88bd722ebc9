-- name: those of these schemas ($1) that have to do with others of people, or with a name that PostgreSQL prints with
-- its schema even where that is the first of the search path.
-- As in related_schemas.sql, all is looked up by indexes, from what is in these schemas.
WITH homes AS MATERIALIZED (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ($1::text[])
), things AS MATERIALIZED (
    SELECT h.oid AS schema, d.classid, d.objid
      FROM homes h
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_namespace'::regclass::oid AND d.refobjid = h.oid AND d.objsubid = 0
), ours AS MATERIALIZED (
    SELECT c.oid, c.relname, g.schema
      FROM things g
     CROSS JOIN LATERAL (SELECT c.oid, c.relname, c.relkind FROM pg_catalog.pg_class c WHERE c.oid = g.objid OFFSET 0) c
     WHERE g.classid = 'pg_catalog.pg_class'::regclass::oid AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
), pairs AS (
    SELECT DISTINCT o.schema AS here, r.schema AS there
      FROM ours o
     CROSS JOIN LATERAL (
           SELECT r.relnamespace AS schema
             FROM pg_catalog.pg_constraint k
             JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
            WHERE k.conrelid = o.oid AND k.contype = 'f'
            UNION ALL
           SELECT r.relnamespace
             FROM (
                  SELECT d.objid FROM pg_catalog.pg_depend d
                   WHERE d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjid = o.oid
                     AND d.classid = 'pg_catalog.pg_constraint'::regclass::oid
                  OFFSET 0
                  ) d
             JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND k.contype = 'f' AND k.confrelid = o.oid
             JOIN pg_catalog.pg_class r ON r.oid = k.conrelid
            UNION ALL
           SELECT r.relnamespace FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class r ON r.oid = i.inhparent
            WHERE i.inhrelid = o.oid
            UNION ALL
           SELECT r.relnamespace FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class r ON r.oid = i.inhrelid
            WHERE i.inhparent = o.oid
            UNION ALL
           SELECT r.relnamespace
             FROM (SELECT a.oid FROM pg_catalog.pg_attrdef a WHERE a.adrelid = o.oid OFFSET 0) a
            CROSS JOIN LATERAL (
                  SELECT d.refobjid FROM pg_catalog.pg_depend d
                   WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass::oid AND d.objid = a.oid
                     AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
                  OFFSET 0
                  ) d
             JOIN pg_catalog.pg_class r ON r.oid = d.refobjid
            UNION ALL
           SELECT r.relnamespace
             FROM pg_catalog.pg_depend d
             JOIN pg_catalog.pg_class r ON r.oid = d.refobjid
            WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = o.oid
              AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
            UNION ALL
           SELECT t.typnamespace
             FROM pg_catalog.pg_attribute a
             JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= '16384'
           OFFSET 0
           ) r
), names AS MATERIALIZED (
    -- The type of a relation's rows is found by the relation.
    SELECT o.schema, 'pg_catalog.pg_class'::regclass::oid AS class, o.relname AS name FROM ours o
    UNION ALL
    SELECT o.schema, 'pg_catalog.pg_type'::regclass::oid, o.relname FROM ours o
    UNION ALL
    SELECT g.schema, g.classid, t.typname
      FROM things g
     CROSS JOIN LATERAL (SELECT t.typname FROM pg_catalog.pg_type t WHERE t.oid = g.objid OFFSET 0) t
     WHERE g.classid = 'pg_catalog.pg_type'::regclass::oid
    UNION ALL
    SELECT g.schema, g.classid, p.proname
      FROM things g
     CROSS JOIN LATERAL (SELECT p.proname FROM pg_catalog.pg_proc p WHERE p.oid = g.objid OFFSET 0) p
     WHERE g.classid = 'pg_catalog.pg_proc'::regclass::oid
), servers_own AS MATERIALIZED (
    SELECT m.class, m.name
      FROM (SELECT DISTINCT class, name FROM names) m
     CROSS JOIN LATERAL (
           SELECT FROM pg_catalog.pg_class s
            WHERE m.class = 'pg_catalog.pg_class'::regclass::oid AND s.relname = m.name
              AND s.relnamespace = 'pg_catalog'::regnamespace
            UNION ALL
           SELECT FROM pg_catalog.pg_type s
            WHERE m.class = 'pg_catalog.pg_type'::regclass::oid AND s.typname = m.name
              AND s.typnamespace = 'pg_catalog'::regnamespace
            UNION ALL
           SELECT FROM pg_catalog.pg_proc s
            WHERE m.class = 'pg_catalog.pg_proc'::regclass::oid AND s.proname = m.name
              AND s.pronamespace = 'pg_catalog'::regnamespace
           OFFSET 0
           ) s
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
  FROM servers_own s
  JOIN names m ON m.class = s.class AND m.name = s.name
  JOIN homes h ON h.oid = m.schema
