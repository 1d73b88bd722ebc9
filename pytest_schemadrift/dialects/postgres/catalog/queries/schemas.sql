-- name: the schemas that are not the server's own.
SELECT n.nspname::text AS name
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
