-- Texts that say what a query $1 over rows would call beside its own words: the row security that holds this role back,
-- with the views, operators, domains and functions that it stands on, casts to JSON where rows become that, and which of
-- the names $2, called in it, are functions that somebody made. Then the tables of other servers whose rows a query reads
-- that has these quoted names ($3): by name, or below a table of that name.
WITH RECURSIVE family AS (
  SELECT c.oid, c.relkind, n.nspname, c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'f') AND c.relname = ANY ($3::text[])
  UNION
  SELECT c.oid, c.relkind, n.nspname, c.relname
    FROM family f
    JOIN pg_catalog.pg_inherits i ON i.inhparent = f.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
),
held AS (
  SELECT p.oid
    FROM pg_catalog.pg_policy p
    JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
   WHERE pg_catalog.strpos($1, pg_catalog.replace(c.relname, '"', '""')) > 0 AND pg_catalog.row_security_active(c.oid)
),
used (class, oid) AS (
  SELECT 'pg_catalog.pg_policy'::regclass::oid, oid FROM held
  UNION
  SELECT 'pg_catalog.pg_cast'::regclass::oid, oid
    FROM pg_catalog.pg_cast
   WHERE casttarget IN ('json'::regtype::oid, 'jsonb'::regtype::oid) AND oid >= '16384' AND pg_catalog.strpos($1, 'row_to_json') > 0
  UNION
  SELECT more.class, more.oid
    FROM used u
   CROSS JOIN LATERAL (
      SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d WHERE d.classid = u.class AND d.objid = u.oid AND d.deptype = 'n'
      UNION ALL
      SELECT 'pg_catalog.pg_rewrite'::regclass::oid, r.oid FROM pg_catalog.pg_rewrite r
       WHERE u.class = 'pg_catalog.pg_class'::regclass::oid AND r.ev_class = u.oid AND r.ev_type = '1'
      UNION ALL
      SELECT 'pg_catalog.pg_policy'::regclass::oid, p.oid FROM pg_catalog.pg_policy p
       WHERE u.class = 'pg_catalog.pg_class'::regclass::oid AND p.polrelid = u.oid
      UNION ALL
      SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid FROM pg_catalog.pg_constraint k
       WHERE u.class = 'pg_catalog.pg_type'::regclass::oid AND k.contypid = u.oid
   ) AS more (class, oid)
)
SELECT DISTINCT found.text, NULL AS far
  FROM used u
 CROSS JOIN LATERAL (
    SELECT p.proname::text || '()' FROM pg_catalog.pg_proc p
     WHERE u.class = 'pg_catalog.pg_proc'::regclass::oid AND p.oid = u.oid AND p.oid >= '16384'
    UNION ALL
    SELECT pg_catalog.pg_get_expr(p.polqual, p.polrelid) FROM pg_catalog.pg_policy p
     WHERE u.class = 'pg_catalog.pg_policy'::regclass::oid AND p.oid = u.oid
    UNION ALL
    SELECT pg_catalog.pg_get_viewdef(r.ev_class) FROM pg_catalog.pg_rewrite r
     WHERE u.class = 'pg_catalog.pg_rewrite'::regclass::oid AND r.oid = u.oid
 ) AS found (text)
 WHERE found.text IS NOT NULL
 UNION
SELECT proname::text || '()', NULL FROM pg_catalog.pg_proc WHERE proname = ANY ($2::text[]) AND oid >= '16384'
 UNION
SELECT NULL, pg_catalog.format('%I.%I', nspname, relname) FROM family WHERE relkind = 'f'
