-- here, there, of_sequence: which of these schemas ($1) have to do with which of people, themselves included: by what their
-- relations refer to, stand on or are referred to by. What a sequence stands on is said apart.
-- All is found by indexes: of what is in a schema, and of what refers to a relation, pg_depend has one. OFFSET keeps the
-- look-ups of one relation together: the planner expects far more relations than there are, and would read whole catalogs.
WITH homes AS MATERIALIZED (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ($1::text[])
), ours AS MATERIALIZED (
    SELECT c.oid, c.relkind = 'S' AS is_sequence, h.oid AS schema
      FROM homes h
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_namespace'::regclass::oid AND d.refobjid = h.oid
       AND d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objsubid = 0
     CROSS JOIN LATERAL (SELECT c.oid, c.relkind FROM pg_catalog.pg_class c WHERE c.oid = d.objid OFFSET 0) c
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
), pairs AS (
    SELECT DISTINCT o.schema AS here, r.schema AS there, o.is_sequence
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
)
SELECT h.nspname::text AS here, n.nspname::text AS there, p.is_sequence AS of_sequence
  FROM pairs p
  JOIN homes h ON h.oid = p.here
  JOIN pg_catalog.pg_namespace n ON n.oid = p.there
 WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
