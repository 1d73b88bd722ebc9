-- Enums (labels in their order), domains, and the extensions' types that lie in a schema of people.
SELECT t.typtype::text AS kind,
       d.objid IS NOT NULL AS extension,
       n.nspname::text AS schema,
       t.typname::text AS name,
       pg_catalog.obj_description(t.oid, 'pg_type') AS comment,
       CASE WHEN t.typtype = 'e' THEN
            ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e
                   WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END AS labels,
       CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS base,
       t.typnotnull AS not_null,
       CASE WHEN t.typtype = 'd' THEN pg_catalog.pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::regclass::oid) END AS "default",
       cn.nspname::text AS collation_schema,
       co.collname::text AS collation,
       CASE WHEN t.typtype = 'd' THEN
            (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(k.conname, pg_catalog.pg_get_expr(k.conbin, 0), k.convalidated)
                                 ORDER BY k.conname)::text
               FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') END AS checks
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
  LEFT JOIN pg_catalog.pg_collation co ON co.oid = t.typcollation AND t.typcollation <> b.typcollation
  LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
  LEFT JOIN pg_catalog.pg_depend d
         ON d.classid = 'pg_catalog.pg_type'::regclass::oid AND d.objid = t.oid AND d.deptype = 'e'
 WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND (t.typtype IN ('e', 'd') OR (d.objid IS NOT NULL AND t.typtype = 'b' AND t.typelem = '0'))
