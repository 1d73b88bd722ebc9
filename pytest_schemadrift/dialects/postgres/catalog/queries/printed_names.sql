-- name: those of these schemas ($1) that have a name which PostgreSQL prints with its schema even where that is the first
-- of the search path, for it has the same itself; and those in which there is an extension.
-- As in neighbours.sql, all is looked up by indexes, from what is in these schemas.
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
SELECT h.nspname::text AS name FROM pg_catalog.pg_extension e JOIN homes h ON h.oid = e.extnamespace
UNION
SELECT h.nspname::text
  FROM servers_own s
  JOIN names m ON m.class = s.class AND m.name = s.name
  JOIN homes h ON h.oid = m.schema
