-- schema, name, kind, definition, without: the types of several parts, the ranges and the collations that somebody made.
-- A range is made without its canonical function, which has to be in C: no other language takes a type in outline.
WITH of_extensions AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.deptype = 'e'
)
SELECT n.nspname::text, t.typname::text, 'TYPE',
       pg_catalog.format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname,
              (SELECT pg_catalog.string_agg(pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
                                 || coalesce(' COLLATE ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname), ''), ', '
                                 ORDER BY a.attnum)
                 FROM pg_catalog.pg_attribute a
                 JOIN pg_catalog.pg_type at ON at.oid = a.atttypid
                 LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND a.attcollation <> at.typcollation
                 LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
                WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)), ''
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
 WHERE t.oid >= '16384' AND t.typtype = 'c' AND c.relkind = 'c'
   AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND t.oid NOT IN (SELECT objid FROM of_extensions WHERE classid = 'pg_catalog.pg_type'::regclass::oid)
UNION ALL
SELECT n.nspname::text, t.typname::text, 'TYPE',
       pg_catalog.format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s, SUBTYPE_OPCLASS = %I.%I', n.nspname, t.typname,
              pg_catalog.format_type(r.rngsubtype, NULL), opn.nspname, op.opcname)
       || coalesce(', COLLATION = ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname), '')
       || CASE WHEN r.rngsubdiff::oid <> '0' THEN pg_catalog.format(', SUBTYPE_DIFF = %s', r.rngsubdiff) ELSE '' END
       || coalesce(', MULTIRANGE_TYPE_NAME = ' || pg_catalog.quote_ident(mn.nspname) || '.' || pg_catalog.quote_ident(m.typname), '') || ')',
       CASE WHEN r.rngcanonical::oid <> '0' THEN r.rngcanonical::text ELSE '' END
  FROM pg_catalog.pg_range r
  JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_catalog.pg_opclass op ON op.oid = r.rngsubopc
  JOIN pg_catalog.pg_namespace opn ON opn.oid = op.opcnamespace
  LEFT JOIN pg_catalog.pg_collation co ON co.oid = r.rngcollation
  LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
  LEFT JOIN pg_catalog.pg_type m ON m.oid = (pg_catalog.to_jsonb(r) ->> 'rngmultitypid'::text)::oid
  LEFT JOIN pg_catalog.pg_namespace mn ON mn.oid = m.typnamespace
 WHERE t.oid >= '16384'
   AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND t.oid NOT IN (SELECT objid FROM of_extensions WHERE classid = 'pg_catalog.pg_type'::regclass::oid)
UNION ALL
SELECT n.nspname::text, c.collname::text, 'COLLATION',
       pg_catalog.format('CREATE COLLATION %I.%I (PROVIDER = %s, DETERMINISTIC = %s', n.nspname, c.collname,
              CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
              c.collisdeterministic::text)
       || CASE WHEN c.collprovider IN ('i', 'b') THEN
               pg_catalog.format(', LOCALE = %L', coalesce(pg_catalog.to_jsonb(c) ->> 'colllocale'::text, pg_catalog.to_jsonb(c) ->> 'colliculocale'::text,
                                                c.collcollate))
               || coalesce(', RULES = ' || pg_catalog.quote_literal(pg_catalog.to_jsonb(c) ->> 'collicurules'::text), '')
          ELSE pg_catalog.format(', LC_COLLATE = %L, LC_CTYPE = %L', c.collcollate, c.collctype) END || ')', ''
  FROM pg_catalog.pg_collation c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
 WHERE c.oid >= '16384'
   AND n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
   AND c.oid NOT IN (SELECT objid FROM of_extensions WHERE classid = 'pg_catalog.pg_collation'::regclass::oid)
