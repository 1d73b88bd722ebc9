-- kind, schema, name, text, table's schema, table: what this package sees and does not express. What any session has for
-- itself lies in schemas of the server's.
WITH foreign_to_people AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.deptype = 'e'
)
SELECT kind, schema, name, sql, table_schema, table_name FROM (
SELECT 'policy' AS kind, n.nspname::text AS schema, p.polname::text AS name,
       pg_catalog.format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, p.polrelid::regclass,
              CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
              CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                            WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
              coalesce((SELECT pg_catalog.string_agg(pg_catalog.quote_ident(r.rolname), ', ' ORDER BY r.rolname)
                          FROM pg_catalog.pg_roles r WHERE r.oid = ANY (p.polroles)), 'PUBLIC'))
       || coalesce(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
       || coalesce(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') AS sql,
       n.nspname::text AS table_schema, c.relname::text AS table_name
  FROM pg_catalog.pg_policy p
  JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT 'rule', n.nspname::text, r.rulename::text, pg_catalog.pg_get_ruledef(r.oid), n.nspname::text, c.relname::text
  FROM pg_catalog.pg_rewrite r
  JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE r.rulename <> '_RETURN' AND r.ev_class >= '16384'
   AND (r.ev_class) NOT IN (SELECT objid FROM foreign_to_people WHERE classid = 'pg_catalog.pg_class'::regclass::oid)
UNION ALL
SELECT 'statistics', o.nspname::text, s.stxname::text, pg_catalog.pg_get_statisticsobjdef(s.oid), h.nspname::text, c.relname::text
  FROM pg_catalog.pg_statistic_ext s
  JOIN pg_catalog.pg_class c ON c.oid = s.stxrelid
  JOIN pg_catalog.pg_namespace h ON h.oid = c.relnamespace
  JOIN pg_catalog.pg_namespace o ON o.oid = s.stxnamespace
 -- Theirs and that of their table: where some schemas are looked at, one of the two is enough.
 WHERE EXISTS (SELECT FROM (SELECT) AS one JOIN pg_catalog.pg_namespace n ON n.oid IN (o.oid, h.oid))
UNION ALL
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       n.nspname::text, pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
       CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) ELSE '' END, NULL, NULL
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.oid >= '16384'
   AND p.oid NOT IN (SELECT objid FROM foreign_to_people WHERE classid = 'pg_catalog.pg_proc'::regclass::oid)
   -- A range type makes functions of its own.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i
                    WHERE i.classid = 'pg_catalog.pg_proc'::regclass::oid AND i.objid = p.oid AND i.deptype = 'i')
UNION ALL
SELECT CASE t.typtype WHEN 'r' THEN 'range type' ELSE 'type' END,
       n.nspname::text, t.typname::text,
       CASE t.typtype WHEN 'c' THEN
            (SELECT pg_catalog.format('CREATE TYPE %s AS (%s)', t.oid::regtype,
                           pg_catalog.string_agg(pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
                                      || coalesce(' COLLATE ' || (SELECT pg_catalog.quote_ident(o.collname) FROM pg_catalog.pg_collation o
                                                                   JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
                                                                  WHERE o.oid = a.attcollation
                                                                    AND o.oid <> y.typcollation), ''), ', '
                                      ORDER BY a.attnum))
               FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
       WHEN 'r' THEN
            (SELECT pg_catalog.format('CREATE TYPE %s AS RANGE (SUBTYPE = %s, SUBTYPE_OPCLASS = %I', t.oid::regtype,
                           pg_catalog.format_type(r.rngsubtype, NULL),
                           (SELECT o.opcname FROM pg_catalog.pg_opclass o WHERE o.oid = r.rngsubopc))
                    || coalesce(', COLLATION = ' || (SELECT pg_catalog.quote_ident(o.collname) FROM pg_catalog.pg_collation o
                                                      WHERE o.oid = r.rngcollation), '')
                    || CASE WHEN r.rngcanonical::oid <> '0' THEN pg_catalog.format(', CANONICAL = %s', r.rngcanonical) ELSE '' END
                    || CASE WHEN r.rngsubdiff::oid <> '0' THEN pg_catalog.format(', SUBTYPE_DIFF = %s', r.rngsubdiff) ELSE '' END || ')'
               FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid)
       ELSE '' END,
       NULL, NULL
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
 WHERE t.oid >= '16384'
   AND (t.typtype = 'r' OR (t.typtype = 'c' AND c.relkind = 'c') OR (t.typtype = 'b' AND t.typelem = '0'))
   AND t.oid NOT IN (SELECT objid FROM foreign_to_people WHERE classid = 'pg_catalog.pg_type'::regclass::oid)
UNION ALL
SELECT 'collation', n.nspname::text, c.collname::text,
       pg_catalog.format('CREATE COLLATION %I (PROVIDER = %s, DETERMINISTIC = %s, LC_COLLATE = %L, LC_CTYPE = %L)', c.collname,
              CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END, c.collisdeterministic::text,
              coalesce(pg_catalog.to_jsonb(c) ->> 'colllocale'::text, pg_catalog.to_jsonb(c) ->> 'colliculocale'::text, c.collcollate),
              coalesce(pg_catalog.to_jsonb(c) ->> 'collicurules'::text, c.collctype)), NULL, NULL
  FROM pg_catalog.pg_collation c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
 WHERE c.oid >= '16384' AND n.nspname <> 'pg_catalog'
   AND c.oid NOT IN (SELECT objid FROM foreign_to_people WHERE classid = 'pg_catalog.pg_collation'::regclass::oid)
UNION ALL
SELECT 'text search configuration', n.nspname::text, c.cfgname::text, '', NULL, NULL
  FROM pg_catalog.pg_ts_config c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
 WHERE c.oid >= '16384'
   AND c.oid NOT IN (SELECT objid FROM foreign_to_people WHERE classid = 'pg_catalog.pg_ts_config'::regclass::oid)
UNION ALL
SELECT 'operator', n.nspname::text, o.oprname::text, '', NULL, NULL
  FROM pg_catalog.pg_operator o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
 WHERE o.oid >= '16384'
   AND o.oid NOT IN (SELECT objid FROM foreign_to_people WHERE classid = 'pg_catalog.pg_operator'::regclass::oid)
UNION ALL
SELECT 'event trigger', '', e.evtname::text, '', NULL, NULL
  FROM pg_catalog.pg_event_trigger e
 WHERE e.oid NOT IN (SELECT objid FROM foreign_to_people WHERE classid = 'pg_catalog.pg_event_trigger'::regclass::oid)
UNION ALL
SELECT 'server', '', s.srvname::text, '', NULL, NULL
  FROM pg_catalog.pg_foreign_server s
) AS found WHERE schema NOT LIKE 'pg\_%'::text AND schema <> 'information_schema'
