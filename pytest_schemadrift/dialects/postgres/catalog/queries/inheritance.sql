-- Child, parent's schema and name, in the order of INHERITS.
SELECT i.inhrelid AS child, n.nspname::text AS schema, p.relname::text AS name
  FROM pg_catalog.pg_inherits i
  JOIN pg_catalog.pg_class p ON p.oid = i.inhparent AND p.relkind IN ('r', 'p', 'f')
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relpersistence <> 't'
  JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
 WHERE n.nspname NOT LIKE 'pg\_%'::text /*only AND i.inhrelid IN ({numbers})*/
 ORDER BY i.inhrelid, i.inhseqno
