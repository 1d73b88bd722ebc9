-- name: the schemas of what tables of these schemas ($1) refer to, stand on or are referred to by; themselves too.
-- They are found by indexes: of what is in a schema, and of what refers to a table, pg_depend has one.
WITH ours AS MATERIALIZED (
    SELECT c.oid
      FROM pg_catalog.pg_namespace n
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_namespace'::regclass::oid AND d.refobjid = n.oid
       AND d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objsubid = 0
      JOIN pg_catalog.pg_class c ON c.oid = d.objid
     WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
), relations AS (
    SELECT k.confrelid AS oid FROM pg_catalog.pg_constraint k
     WHERE k.contype = 'f' AND k.conrelid IN (SELECT oid FROM ours)
    UNION
    SELECT k.conrelid FROM pg_catalog.pg_constraint k
     WHERE k.contype = 'f' AND k.oid IN (
           SELECT d.objid FROM ours o
             JOIN pg_catalog.pg_depend d
               ON d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjid = o.oid
              AND d.classid = 'pg_catalog.pg_constraint'::regclass::oid)
       AND k.confrelid IN (SELECT oid FROM ours)
    UNION
    SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid IN (SELECT oid FROM ours)
    UNION
    SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent IN (SELECT oid FROM ours)
    UNION
    SELECT d.refobjid
      FROM pg_catalog.pg_attrdef a
      JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_attrdef'::regclass::oid AND d.objid = a.oid
       AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
     WHERE a.adrelid IN (SELECT oid FROM ours)
), schemas AS (
    SELECT c.relnamespace AS oid FROM pg_catalog.pg_class c WHERE c.oid IN (SELECT oid FROM relations)
    UNION
    SELECT t.typnamespace
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid IN (SELECT oid FROM ours) AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT n.nspname::text AS name
  FROM pg_catalog.pg_namespace n
 WHERE n.oid IN (SELECT oid FROM schemas) AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
