-- Every column in its order; a child's inherited ones too (islocal is false), because keys name them by number.
SELECT a.attrelid AS relation,
       a.attnum AS number,
       a.attname::text AS name,
       a.attislocal AS local,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       a.atttypid AS type_oid,
       t.typtype = 'd' AS is_domain,
       a.attnotnull AS not_null,
       -- One that is NOT VALID leaves the NULLs that are there.
       CASE WHEN NOT k.convalidated THEN k.conname::text END AS unvalidated,
       coalesce(k.connoinherit, false) AS not_inherited,
       k.conname::text AS not_null_name,
       coalesce(k.conislocal, false) AS not_null_local,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS "default",
       a.attidentity::text AS identity,
       a.attgenerated::text AS generated,
       a.attcollation AS collation_oid,
       cn.nspname::text AS collation_schema,
       co.collname::text AS collation,
       ds.description AS comment
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
  LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
  -- Before 18 no table has one.
  LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey OPERATOR(pg_catalog.=) ARRAY[a.attnum]
  LEFT JOIN pg_catalog.pg_description ds
         ON ds.classoid = 'pg_catalog.pg_class'::regclass::oid AND ds.objoid = a.attrelid AND ds.objsubid = a.attnum
 WHERE c.relkind IN ('r', 'p', 'f', 'm') AND c.relpersistence <> 't'
   AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND a.attnum > 0 AND NOT a.attisdropped
   AND ($1::text[] IS NULL OR (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])))
 ORDER BY a.attrelid, a.attnum
