-- Triggers that someone made; those that a partitioned table handed down to a partition belong to it.
SELECT t.tgrelid AS relation, t.tgname::text AS name, pg_catalog.pg_get_triggerdef(t.oid, true) AS sql
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT t.tgisinternal AND c.relpersistence <> 't'
   AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND /*13*/ t.tgparentid = '0' /*else true */
