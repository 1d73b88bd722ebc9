-- Indexes of tables and materialised views; the definition only where the catalog's numbers do not say it all.
SELECT i.indexrelid AS oid,
       i.indrelid AS relation,
       x.relname::text AS name,
       am.amname::text AS method,
       i.indisunique AS "unique",
       i.indisvalid AS valid,
       i.indnkeyatts AS key_count,
       i.indkey::smallint[]::oid[] AS keys,
       i.indoption::smallint[]::oid[] AS flags,
       i.indclass::oid[] AS classes,
       i.indcollation::oid[] AS collations,
       x.reloptions AS settings,
       ds.description AS comment,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS where_sql,
       /*15*/ i.indnullsnotdistinct /*else false */ AS nulls_not_distinct,
       CASE WHEN i.indexprs IS NOT NULL OR c.relkind = 'm' OR (am.amname NOT IN ('btree', 'hash') AND EXISTS (
                 SELECT FROM pg_catalog.pg_attribute o WHERE o.attrelid = x.oid AND o.attoptions IS NOT NULL))
            THEN pg_catalog.pg_get_indexdef(i.indexrelid) END AS definition
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  JOIN pg_catalog.pg_am am ON am.oid = x.relam
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_description ds
         ON ds.classoid = 'pg_catalog.pg_class'::regclass::oid AND ds.objoid = x.oid AND ds.objsubid = 0
 WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND NOT x.relispartition
   AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND ($1::text[] IS NULL OR (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])))
