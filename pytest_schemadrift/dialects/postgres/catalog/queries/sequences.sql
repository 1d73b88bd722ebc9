-- Every sequence; where a column owns it, deptype is 'a' (serial, OWNED BY) or 'i' (identity).
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.oid::regclass::text AS shown,
       pg_catalog.format_type(s.seqtypid, NULL) AS type,
       s.seqstart AS "start", s.seqincrement AS increment, s.seqmin AS minimum, s.seqmax AS maximum,
       s.seqcache AS cache, s.seqcycle AS cycle,
       d.deptype::text AS owner,
       d.refobjid AS relation,
       d.refobjsubid AS number
  FROM pg_catalog.pg_sequence s
  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_depend d
         ON d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid AND d.deptype IN ('a', 'i')
        AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjsubid > 0
 WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid = 'pg_catalog.pg_class'::regclass::oid AND e.objid = c.oid AND e.deptype = 'e')
