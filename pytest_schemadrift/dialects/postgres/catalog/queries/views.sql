-- What each view reads: the view's number, and the schema and name of each table or view.
SELECT DISTINCT r.ev_class AS view, n.nspname::text AS schema, c.relname::text AS name
  FROM pg_catalog.pg_rewrite r
  JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_rewrite'::regclass::oid AND d.objid = r.oid
   AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjid <> r.ev_class
  JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relpersistence <> 't'
 WHERE r.rulename = '_RETURN' AND r.ev_class >= '16384' /*only AND r.ev_class IN ({numbers})*/
   AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   -- The tables of an extension come with it.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid = 'pg_catalog.pg_class'::regclass::oid AND e.objid = c.oid AND e.deptype = 'e')
