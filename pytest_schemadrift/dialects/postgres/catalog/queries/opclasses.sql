-- Operator classes and collations by number, for what the indexes refer to.
SELECT 'opclass' AS kind, o.oid, n.nspname::text AS schema, o.opcname::text AS name,
       o.opcdefault AS is_default, o.opcintype AS input_type
  FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace
UNION ALL
SELECT 'collation', c.oid, n.nspname::text, c.collname::text, false, 0
  FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
 WHERE c.oid IN (SELECT pg_catalog.unnest(i.indcollation::oid[])
                   FROM pg_catalog.pg_index i
                   JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
                   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname NOT LIKE 'pg\_%'::text)
