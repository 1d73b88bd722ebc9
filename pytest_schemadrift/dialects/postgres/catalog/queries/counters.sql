-- Every sequence with each column that takes numbers from it: it owns the sequence (serial, OWNED BY, identity), or its
-- default, or that of its domain, asks for nextval. What is inherited counts once, with the parent.
WITH uses AS (
  SELECT d.objid AS seq, d.refobjid AS rel, d.refobjsubid AS num
    FROM pg_catalog.pg_depend d
   WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
     AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
  UNION
  SELECT d.refobjid, f.adrelid, f.adnum
    FROM pg_catalog.pg_attrdef f
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass::oid AND d.objid = f.oid
   WHERE d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjsubid = 0
  UNION
  SELECT pg_catalog.to_regclass(pg_catalog.replace(late.name, '''''', ''''))::oid, late.adrelid, late.adnum
    FROM (SELECT substring(pg_catalog.pg_get_expr(f.adbin, f.adrelid) FROM 'nextval\(\(?''((?:[^'']|'''')+)''::text') AS name,
                 f.adrelid, f.adnum
            FROM pg_catalog.pg_attrdef f) AS late
   WHERE late.name IS NOT NULL
  UNION
  SELECT d.refobjid, a.attrelid, a.attnum
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_attribute a ON a.atttypid = d.objid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.atthasdef
   WHERE d.classid = 'pg_catalog.pg_type'::regclass::oid AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
)
SELECT n.nspname::text,
       c.relname::text,
       s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
       pg_catalog.has_sequence_privilege(c.oid, 'SELECT'),
       pg_catalog.has_sequence_privilege(c.oid, 'UPDATE'),
       tn.nspname::text,
       t.relname::text,
       a.attname::text,
       pg_catalog.format_type(a.atttypid, NULL),
       coalesce(nullif(base.typbasetype, '0'), base.oid)
         IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype),
       coalesce(pg_catalog.pg_get_expr(f.adbin, f.adrelid), base.typdefault, ''),
       pg_catalog.has_schema_privilege(tn.oid, 'USAGE'),
       pg_catalog.has_column_privilege(t.oid, a.attnum, 'SELECT'),
       pg_catalog.row_security_active(t.oid)
  FROM uses u
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = u.seq
  JOIN pg_catalog.pg_class c ON c.oid = u.seq
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class t ON t.oid = u.rel AND t.relkind IN ('r', 'p', 'f')
  JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = u.rel AND a.attnum = u.num AND NOT a.attisdropped
  JOIN pg_catalog.pg_type base ON base.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = u.rel AND f.adnum = u.num
 WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i
                     JOIN uses p ON p.rel = i.inhparent AND p.seq = u.seq
                     JOIN pg_catalog.pg_attribute pa ON pa.attrelid = p.rel AND pa.attnum = p.num
                    WHERE i.inhrelid = u.rel AND pa.attname = a.attname)
 ORDER BY n.nspname, c.relname, tn.nspname, t.relname, a.attname
