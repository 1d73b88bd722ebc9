-- Constraints of their own table: those that a parent or a partitioned table handed down belong to it.
SELECT k.conrelid,
       k.conname::text,
       k.contype::text,
       k.conkey,
       k.conindid,
       k.condeferrable,
       k.condeferred,
       k.convalidated,
       k.connoinherit,
       rn.nspname::text,
       r.relname::text,
       CASE WHEN k.contype = 'f' THEN
            ARRAY(SELECT a.attname::text
                    FROM unnest(k.confkey) WITH ORDINALITY AS key (num, place)
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = key.num
                   ORDER BY key.place) END,
       k.confupdtype::text,
       k.confdeltype::text,
       k.confmatchtype::text,
       CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END,
       CASE WHEN k.contype = 'x' THEN pg_get_constraintdef(k.oid, true) END,
       /*15*/ k.confdelsetcols /*else NULL::smallint[] */,
       /*18*/ k.conenforced /*else true */,
       /*18*/ k.conperiod /*else false */
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
  LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
   AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
   AND (k.contype IN ('p', 'u', 'f', 'c', 'x') OR (k.contype = 'n' AND NOT k.convalidated))
   AND k.conparentid = 0
   AND (k.conislocal OR k.coninhcount = 0)
   AND ($1::text[] IS NULL OR (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])))
