-- What this role may do in schemas ($1), and with each of their tables; `name` is NULL in the row of the schema itself.
SELECT n.nspname::text AS schema, NULL AS name, pg_catalog.pg_get_userbyid(n.nspowner)::text AS owner,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS may_use,
       pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_change
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname = ANY ($1::text[])
UNION ALL
SELECT n.nspname::text, c.relname::text, pg_catalog.pg_get_userbyid(c.relowner)::text,
       pg_catalog.has_table_privilege(c.oid, 'SELECT'),
       pg_catalog.pg_has_role(c.relowner, 'USAGE')
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p')
 ORDER BY 1, 2 NULLS FIRST
