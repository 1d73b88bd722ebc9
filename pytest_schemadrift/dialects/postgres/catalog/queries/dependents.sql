-- kind, schema and owner, name, statement, schemas, relations and columns: what stands on relations and their columns.
WITH RECURSIVE people AS MATERIALIZED (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n
     WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
), members AS MATERIALIZED (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.deptype = 'e'
), homes AS /*only NOT */MATERIALIZED (
    SELECT c.oid, c.relkind, c.relname, c.reltype, n.nspname
      FROM pg_catalog.pg_class c
      JOIN people n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't'
       AND c.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_class'::regclass::oid)
), /*only ours AS MATERIALIZED (
    SELECT c.oid, c.reltype FROM pg_catalog.pg_class c WHERE c.oid IN ({numbers})
), touched AS MATERIALIZED (
    SELECT d.classid, d.objid FROM ours o
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjid = o.oid
    UNION
    SELECT d.classid, d.objid FROM ours o
      JOIN pg_catalog.pg_type y ON y.oid = o.reltype
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_type'::regclass::oid AND d.refobjid IN (y.oid, y.typarray)
    UNION
    SELECT 'pg_catalog.pg_class'::regclass::oid, o.oid FROM ours o
), wrapping AS (
    -- The types within which there may be a row of these tables: arrays, domains, ranges and types of several parts.
    SELECT o.reltype AS type FROM ours o WHERE o.reltype <> '0'
    UNION
    SELECT around.type
      FROM wrapping w
     CROSS JOIN LATERAL (
           SELECT d.objid AS type FROM pg_catalog.pg_depend d
            WHERE d.refclassid = 'pg_catalog.pg_type'::regclass::oid AND d.refobjid = w.type
              AND d.classid = 'pg_catalog.pg_type'::regclass::oid
            UNION ALL
           SELECT k.reltype
             FROM (
                  SELECT d.objid FROM pg_catalog.pg_depend d
                   WHERE d.refclassid = 'pg_catalog.pg_type'::regclass::oid AND d.refobjid = w.type
                     AND d.classid = 'pg_catalog.pg_class'::regclass::oid
                  OFFSET 0
                  ) d
             JOIN pg_catalog.pg_class k ON k.oid = d.objid AND k.relkind = 'c'
           OFFSET 0
           ) around
), */found AS (
    SELECT CASE r.rulename WHEN '_RETURN' THEN 'view' ELSE 'rule' END AS kind, r.ev_class AS owner,
           r.rulename::text AS name, 'pg_catalog.pg_rewrite'::regclass::oid AS class, r.oid,
           CASE WHEN r.rulename <> '_RETURN' THEN pg_catalog.rtrim(pg_catalog.pg_get_ruledef(r.oid), ';') ELSE '' END AS sql
      FROM pg_catalog.pg_rewrite r WHERE r.ev_class IN (SELECT oid FROM homes)
       /*only AND r.oid IN (SELECT objid FROM touched WHERE classid = 'pg_catalog.pg_rewrite'::regclass::oid)*/
    UNION ALL
    SELECT 'policy', p.polrelid, p.polname::text, 'pg_catalog.pg_policy'::regclass::oid, p.oid,
           pg_catalog.format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, p.polrelid::regclass,
                  CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                  CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                                WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                  coalesce((SELECT pg_catalog.string_agg(pg_catalog.quote_ident(r.rolname), ', ' ORDER BY r.rolname)
                              FROM pg_catalog.pg_roles r WHERE r.oid = ANY (p.polroles)), 'PUBLIC'))
           || coalesce(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
           || coalesce(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
      FROM pg_catalog.pg_policy p
      JOIN pg_catalog.pg_class c ON c.oid = p.polrelid AND c.relpersistence <> 't'
     WHERE true /*only AND p.oid IN (SELECT objid FROM touched WHERE classid = 'pg_catalog.pg_policy'::regclass::oid)*/
    UNION ALL
    SELECT 'statistics', s.stxrelid, pg_catalog.format('%I.%I', n.nspname, s.stxname),
           'pg_catalog.pg_statistic_ext'::regclass::oid, s.oid, pg_catalog.pg_get_statisticsobjdef(s.oid)
      FROM pg_catalog.pg_statistic_ext s
      JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
     WHERE true /*only AND s.oid IN (SELECT objid FROM touched WHERE classid = 'pg_catalog.pg_statistic_ext'::regclass::oid)*/
    UNION ALL
    SELECT 'trigger', t.tgrelid, t.tgname::text, 'pg_catalog.pg_trigger'::regclass::oid, t.oid, pg_catalog.pg_get_triggerdef(t.oid, true)
      FROM pg_catalog.pg_trigger t
      JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid AND c.relpersistence <> 't'
     WHERE NOT t.tgisinternal AND /*13*/ t.tgparentid = '0' /*else true */
       /*only AND t.oid IN (SELECT objid FROM touched WHERE classid = 'pg_catalog.pg_trigger'::regclass::oid)*/
    UNION ALL
    SELECT 'index', i.indrelid, x.relname::text, 'pg_catalog.pg_class'::regclass::oid, x.oid, pg_catalog.pg_get_indexdef(x.oid)
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
      JOIN homes h ON h.oid = i.indrelid AND h.relkind = 'm'
     WHERE true /*only AND x.oid IN (SELECT objid FROM touched WHERE classid = 'pg_catalog.pg_class'::regclass::oid)*/
    UNION ALL
    SELECT 'function', NULL, p.oid::regprocedure::text, 'pg_catalog.pg_proc'::regclass::oid, p.oid,
           CASE WHEN p.prokind IN ('f', 'p') THEN pg_catalog.pg_get_functiondef(p.oid) ELSE '' END
      FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN (SELECT oid FROM people)
       AND p.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_proc'::regclass::oid)
       /*only AND p.oid IN (SELECT objid FROM touched WHERE classid = 'pg_catalog.pg_proc'::regclass::oid)*/
    UNION ALL
    SELECT 'publication', NULL, b.pubname::text, 'pg_catalog.pg_publication_rel'::regclass::oid, r.oid,
           pg_catalog.format('CREATE PUBLICATION %I FOR TABLE %s', b.pubname, r.prrelid::regclass)
           || /*15*/ coalesce(' (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)
                                         FROM pg_catalog.pg_attribute a
                                        WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) || ')', '')
              || coalesce(' WHERE (' || pg_catalog.pg_get_expr(r.prqual, r.prrelid) || ')', '') /*else '' */
              || ' WITH (publish = '''')'  -- in a copy it holds its columns, and no row of a table without an identity
      FROM pg_catalog.pg_publication_rel r
      JOIN pg_catalog.pg_publication b ON b.oid = r.prpubid
     WHERE /*15*/ r.prattrs IS NOT NULL OR r.prqual IS NOT NULL /*else false */
), typed AS (
    SELECT d.objid, d.objsubid, d.refobjid FROM pg_catalog.pg_depend d
     WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objsubid > 0
       AND d.refclassid = 'pg_catalog.pg_type'::regclass::oid
    /*only AND false
    UNION ALL
    SELECT d.objid, d.objsubid, d.refobjid
      FROM wrapping w
     CROSS JOIN LATERAL (
           SELECT d.objid, d.objsubid, d.refobjid FROM pg_catalog.pg_depend d
            WHERE d.refclassid = 'pg_catalog.pg_type'::regclass::oid AND d.refobjid = w.type
              AND d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objsubid > 0
           OFFSET 0
           ) d
    UNION ALL
    SELECT d.objid, d.objsubid, d.refobjid
      FROM ours o
     CROSS JOIN LATERAL (
           SELECT d.objid, d.objsubid, d.refobjid FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = o.oid AND d.objsubid > 0
              AND d.refclassid = 'pg_catalog.pg_type'::regclass::oid
           OFFSET 0
           ) d */
), within AS (
    SELECT h.oid AS owner, a.attname, a.atttypid AS type, true AS direct
      FROM typed d
      JOIN homes h ON h.oid = d.objid
      JOIN pg_catalog.pg_type y ON y.oid = d.refobjid
      LEFT JOIN pg_catalog.pg_type l ON l.oid = y.typelem
      JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attnum = d.objsubid AND NOT a.attisdropped
                                    AND a.atttypid = d.refobjid
     WHERE h.relkind IN ('r', 'p', 'f') AND coalesce(l.typtype, y.typtype) IN ('c', 'd', 'r')
    UNION
    SELECT w.owner, w.attname, inner_.type, w.direct AND y.typelem <> '0'
      FROM within w
      JOIN pg_catalog.pg_type y ON y.oid = w.type
     CROSS JOIN LATERAL (
           SELECT y.typelem AS type WHERE y.typelem <> '0'
            UNION ALL SELECT y.typbasetype WHERE y.typbasetype <> '0'
            UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = y.oid
            UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                        JOIN pg_catalog.pg_class k ON k.oid = a.attrelid AND k.relkind = 'c'
                       WHERE a.attrelid = y.typrelid AND NOT a.attisdropped
           ) inner_
), edges AS (
    SELECT f.kind, f.owner, f.name, f.sql, d.refobjid AS relation, d.refobjsubid AS number
      FROM found f
      JOIN pg_catalog.pg_depend d ON d.classid = f.class AND d.objid = f.oid
                                 AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
    UNION ALL
    -- Where a table stands for its row: an argument, a result, a cast.
    SELECT f.kind, f.owner, f.name, f.sql, t.typrelid, 0
      FROM found f
      JOIN pg_catalog.pg_depend d ON d.classid = f.class AND d.objid = f.oid
                                 AND d.refclassid = 'pg_catalog.pg_type'::regclass::oid
      JOIN pg_catalog.pg_type y ON y.oid = d.refobjid
      JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN y.typelem <> '0' THEN y.typelem ELSE y.oid END AND t.typrelid <> '0'
    UNION ALL
    -- Another table has columns of the table's row type: that much of it is enough to be in the way. Where a domain, a
    -- range or a type of several parts is between them there is no statement, for it needs those.
    SELECT 'column', w.owner, w.attname::text,
           CASE WHEN w.direct THEN pg_catalog.format('CREATE TABLE IF NOT EXISTS %s (); ALTER TABLE %1$s ADD COLUMN IF NOT EXISTS %I %s',
                                          w.owner::regclass, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
                ELSE '' END, t.typrelid, 0
      FROM within w
      JOIN pg_catalog.pg_attribute a ON a.attrelid = w.owner AND a.attname = w.attname
      JOIN pg_catalog.pg_type t ON t.oid = w.type AND t.typtype = 'c'
)
SELECT e.kind, o.nspname::text AS schema, o.relname::text AS owner, e.name, e.sql,
       pg_catalog.array_agg(h.nspname::text ORDER BY h.nspname, h.relname, a.attname) AS schemas,
       pg_catalog.array_agg(h.relname::text ORDER BY h.nspname, h.relname, a.attname) AS relations,
       pg_catalog.array_agg(coalesce(a.attname, '')::text ORDER BY h.nspname, h.relname, a.attname) AS columns
  FROM (SELECT DISTINCT * FROM edges) e
  JOIN homes h ON h.oid = e.relation
  LEFT JOIN homes o ON o.oid = e.owner
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = e.relation AND a.attnum = e.number AND e.number > 0
 WHERE NOT (e.kind = 'view' AND e.relation = e.owner)
 GROUP BY e.kind, o.nspname, o.relname, e.name, e.sql
 ORDER BY 1, 2, 3, 4, 5
