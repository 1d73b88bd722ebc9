-- Constraints of their own table: those that a parent or a partitioned table handed down belong to it.
SELECT k.conrelid AS relation,
       k.conname::text AS name,
       k.contype::text AS kind,
       k.conkey::oid[] AS key,
       k.conindid AS index_oid,
       k.condeferrable AS deferrable,
       k.condeferred AS deferred,
       k.convalidated AS validated,
       k.connoinherit AS no_inherit,
       rn.nspname::text AS ref_schema,
       r.relname::text AS ref_table,
       CASE WHEN k.contype = 'f' THEN
            ARRAY(SELECT a.attname::text
                    FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS key (num, place)
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = key.num
                   ORDER BY key.place) END AS ref_columns,
       k.confupdtype::text AS on_update,
       k.confdeltype::text AS on_delete,
       k.confmatchtype::text AS "match",
       CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) END AS check_sql,
       CASE WHEN k.contype = 'x' THEN pg_catalog.pg_get_constraintdef(k.oid, true) END AS exclusion,
       /*15*/ k.confdelsetcols::oid[] /*else NULL::oid[] */ AS set_columns,
       /*18*/ k.conenforced /*else true */ AS enforced,
       /*18*/ k.conperiod /*else false */ AS period,
       -- A key is enforced by triggers on both tables, those of partitions included; who may, can switch them off.
       -- (By equality each: = ANY over both has all of pg_trigger read for every key.)
       k.contype = 'f' AND (
           EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled IN ('D', 'R'))
           OR ('p' IN (c.relkind, r.relkind) AND EXISTS (
               SELECT FROM pg_catalog.pg_constraint p
                 JOIN pg_catalog.pg_trigger t ON t.tgconstraint = p.oid
                WHERE p.conparentid = k.oid AND t.tgenabled IN ('D', 'R')))
       ) AS disabled,
       ds.description AS comment
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
  LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
  LEFT JOIN pg_catalog.pg_description ds
         ON ds.classoid = 'pg_catalog.pg_constraint'::regclass::oid AND ds.objoid = k.oid AND ds.objsubid = 0
 WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
   AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND k.contype IN ('p', 'u', 'f', 'c', 'x')
   AND k.conparentid = '0'
   AND (k.conislocal OR k.coninhcount = 0)
   AND ($1::text[] IS NULL OR (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])))
