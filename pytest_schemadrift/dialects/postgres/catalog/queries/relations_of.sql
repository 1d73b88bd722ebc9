-- oid: the tables, views and sequences of these schemas ($1), by an index; pg_class has none on its namespace.
SELECT d.objid AS oid
  FROM pg_catalog.pg_namespace n
  JOIN pg_catalog.pg_depend d
    ON d.refclassid = 'pg_catalog.pg_namespace'::regclass::oid AND d.refobjid = n.oid
   AND d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objsubid = 0
 WHERE n.nspname = ANY ($1::text[])
 ORDER BY 1
