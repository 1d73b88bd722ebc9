-- kind, name: the schemas and extensions of people, not those of the server or of an extension.
SELECT 'namespace' AS kind, n.nspname::text AS name
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname NOT IN ('information_schema', 'public')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_namespace'::regclass::oid AND d.objid = n.oid AND d.deptype = 'e')
UNION ALL
SELECT 'extension', e.extname::text FROM pg_catalog.pg_extension e WHERE e.extname <> 'plpgsql'
