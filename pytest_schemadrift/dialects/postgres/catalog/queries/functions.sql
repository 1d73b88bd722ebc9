-- schema, name, arguments, result, language, definition: the functions that somebody made.
SELECT n.nspname::text, p.proname::text, pg_catalog.pg_get_function_arguments(p.oid),
       coalesce(pg_catalog.pg_get_function_result(p.oid), ''), l.lanname::text, pg_catalog.pg_get_functiondef(p.oid)
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE p.oid >= '16384' AND p.prokind = 'f'
   AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::regclass::oid AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
 ORDER BY p.oid
