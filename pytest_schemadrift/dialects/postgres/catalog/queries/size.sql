-- About how many rows a table has (-1: nobody counted yet), and its bytes with indexes.
SELECT c.reltuples::bigint AS number, pg_catalog.pg_total_relation_size(c.oid) AS bytes
  FROM pg_catalog.pg_class c
 WHERE c.oid = pg_catalog.to_regclass($1)::oid
