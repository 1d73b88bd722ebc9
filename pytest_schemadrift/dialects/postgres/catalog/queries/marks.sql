-- on, schema, owner, name, aspect, values: what was given to an object and goes when it is recreated. What stands between
-- if and end is asked where there is such a thing at all (there.sql).
WITH RECURSIVE people AS MATERIALIZED (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n
     WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
), members AS MATERIALIZED (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.deptype = 'e'
), homes AS MATERIALIZED (
    SELECT c.oid, c.relkind, c.relname, c.relowner, c.relacl, c.reltablespace, c.relispopulated, c.relam,
           c.relpersistence, n.nspname, n.oid AS namespace,
           CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END AS word, '' AS part
      FROM pg_catalog.pg_class c
      JOIN people n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't'
       AND c.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_class'::regclass::oid)
), counters AS MATERIALIZED (
    -- The sequence of a column is known by the column.
    SELECT c.oid, c.relkind, h.relname, c.relowner, c.relacl, c.relpersistence, h.nspname, c.relnamespace AS namespace,
           'sequence' AS word, a.attname AS part, h.relowner AS table_owner
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid AND d.deptype IN ('a', 'i')
       AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjsubid > 0
      JOIN homes h ON h.oid = d.refobjid
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE c.relkind = 'S'
), enums AS MATERIALIZED (
    SELECT t.oid, t.typname, t.typowner, t.typacl, n.nspname, n.oid AS namespace
      FROM pg_catalog.pg_type t
      JOIN people n ON n.oid = t.typnamespace
     WHERE t.typtype = 'e' AND t.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_type'::regclass::oid)
), granted AS (
    -- The rights on what this role would make anew: as they are, and as they would be by default.
    SELECT h.word AS kind, h.nspname, h.relname AS name, '' AS part, h.relowner AS owner, h.namespace, h.relacl AS acl,
           'r'::"char" AS class
      FROM homes h WHERE h.relkind IN ('v', 'm')
    UNION ALL
    SELECT s.word, s.nspname, s.relname, s.part, s.relowner, s.namespace, s.relacl, 's'::"char" FROM counters s
    UNION ALL
    SELECT 'type', e.nspname, e.typname, '', e.typowner, e.namespace, e.typacl, 'T'::"char" FROM enums e
), compared AS (
    SELECT g.kind, g.nspname, g.name, g.part, g.owner, coalesce(g.acl, pg_catalog.acldefault(g.class, g.owner)) AS acl,
           pg_catalog.array_cat(coalesce(every.defaclacl, pg_catalog.acldefault(g.class, g.owner)),
                                coalesce(here.defaclacl, '{}'::aclitem[])) AS fresh,
           every.defaclacl IS NOT NULL AS by_role
      FROM granted g
      LEFT JOIN pg_catalog.pg_default_acl every
             ON every.defaclrole = current_user::regrole::oid AND every.defaclnamespace = '0'
            AND every.defaclobjtype = (CASE g.class WHEN 's' THEN 'S' ELSE g.class END)::"char"
      LEFT JOIN pg_catalog.pg_default_acl here
             ON here.defaclrole = current_user::regrole::oid AND here.defaclnamespace = g.namespace
            AND here.defaclobjtype = (CASE g.class WHEN 's' THEN 'S' ELSE g.class END)::"char"
     -- What GRANT and REVOKE leave in writing is no other right than where nothing was written.
     WHERE every.oid IS NOT NULL OR here.oid IS NOT NULL
        OR NOT (g.acl OPERATOR(pg_catalog.@>) pg_catalog.acldefault(g.class, g.owner)
                AND g.acl OPERATOR(pg_catalog.<@) pg_catalog.acldefault(g.class, g.owner))
), rights AS (
    SELECT c.kind, c.nspname, c.name, c.part, 'right' AS aspect, a.grantee, a.grantor, a.privilege_type, a.is_grantable,
           a.place
      FROM compared c, pg_catalog.aclexplode(c.acl) WITH ORDINALITY AS a (grantor, grantee, privilege_type, is_grantable, place)
    UNION ALL
    SELECT c.kind, c.nspname, c.name, c.part, 'fresh right',
           CASE WHEN a.grantee = current_user::regrole::oid AND c.by_role THEN c.owner ELSE a.grantee END,
           c.owner, a.privilege_type, a.is_grantable, a.place
      FROM compared c, pg_catalog.aclexplode(c.fresh) WITH ORDINALITY AS a (grantor, grantee, privilege_type, is_grantable, place)
), columns AS MATERIALIZED (
    -- Those few that have something at all.
    SELECT h.*, a.attnum, a.attname, a.attacl, coalesce(a.attstattarget, -1) AS target,
           ARRAY(SELECT o FROM pg_catalog.unnest(a.attoptions) o WHERE o NOT LIKE 'pg\_%'::text) AS options, -- pg_attver: the server's (P51)
           a.attstorage, t.typstorage, /*14*/ a.attcompression /*else ''::"char" */ AS compression
      FROM homes h
      JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE a.attacl IS NOT NULL OR a.attoptions IS NOT NULL OR coalesce(a.attstattarget, -1) >= 0
        OR a.attstorage <> t.typstorage OR h.relkind = 'v' /*14*/ OR a.attcompression <> '' /*else */
), heirs AS (
    SELECT i.inhrelid AS child, i.inhparent AS parent
      FROM pg_catalog.pg_inherits i JOIN homes h ON h.oid = i.inhrelid
    UNION
    SELECT e.child, i.inhparent FROM heirs e JOIN pg_catalog.pg_inherits i ON i.inhrelid = e.parent
  )
SELECT kind AS "on", nspname::text AS schema, name::text AS owner, part::text AS name, aspect,
       ARRAY[CASE WHEN grantee = '0' THEN '' ELSE pg_catalog.pg_get_userbyid(grantee)::text END,
             privilege_type, CASE WHEN is_grantable THEN 'yes' ELSE '' END, pg_catalog.pg_get_userbyid(grantor)::text] AS values,
       place
  FROM rights
/*if views*/
UNION ALL
SELECT h.word, h.nspname, h.relname, '', 'owner', ARRAY[pg_catalog.pg_get_userbyid(h.relowner)::text], 0
  FROM homes h WHERE h.relkind IN ('v', 'm')
/*end*/
/*if enums*/
UNION ALL
SELECT 'type', e.nspname, e.typname, '', 'owner', ARRAY[pg_catalog.pg_get_userbyid(e.typowner)::text], 0 FROM enums e
/*end*/
/*if views*/
UNION ALL
SELECT h.word, h.nspname, h.relname, '', 'toast', ARRAY[(SELECT pg_catalog.string_agg(pg_catalog.concat('toast.', o), ', ')
                                                           FROM pg_catalog.unnest(s.reloptions) o)], 0
  FROM homes h
  JOIN pg_catalog.pg_class c ON c.oid = h.oid
  JOIN pg_catalog.pg_class s ON s.oid = c.reltoastrelid AND s.reloptions IS NOT NULL
 WHERE h.relkind = 'm'
UNION ALL
SELECT h.word, h.nspname, h.relname, '', 'without data', '{}', 0 FROM homes h WHERE h.relkind = 'm' AND NOT h.relispopulated
UNION ALL
SELECT h.word, h.nspname, h.relname, '', 'tablespace', ARRAY[s.spcname::text], 0
  FROM homes h JOIN pg_catalog.pg_tablespace s ON s.oid = h.reltablespace WHERE h.relkind = 'm'
UNION ALL
SELECT h.word, h.nspname, h.relname, '', 'access method', ARRAY[m.amname::text], 0
  FROM homes h JOIN pg_catalog.pg_am m ON m.oid = h.relam WHERE h.relkind = 'm' AND m.amname <> 'heap'
/*end*/
UNION ALL
SELECT s.word, s.nspname, s.relname, s.part, 'unlogged', '{}', 0 FROM counters s WHERE s.relpersistence = 'u'
UNION ALL
SELECT s.word, s.nspname, s.relname, s.part, 'comment', ARRAY[d.description], 0
  FROM counters s
  JOIN pg_catalog.pg_description d
    ON d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objoid = s.oid AND d.objsubid = 0
UNION ALL
SELECT c.word, c.nspname, c.relname, c.attname, 'right',
       ARRAY[CASE WHEN a.grantee = '0' THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END, a.privilege_type,
             CASE WHEN a.is_grantable THEN 'yes' ELSE '' END, pg_catalog.pg_get_userbyid(a.grantor)::text], a.place
  FROM columns c, pg_catalog.aclexplode(c.attacl) WITH ORDINALITY AS a (grantor, grantee, privilege_type, is_grantable, place)
 WHERE c.attacl IS NOT NULL
UNION ALL
SELECT c.word, c.nspname, c.relname, c.attname, 'statistics target', ARRAY[c.target::text], 0 FROM columns c WHERE c.target >= 0
UNION ALL
SELECT c.word, c.nspname, c.relname, c.attname, 'storage',
       ARRAY[CASE c.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END], 0
  FROM columns c WHERE c.attstorage <> c.typstorage AND c.relkind IN ('r', 'p', 'm')
UNION ALL
SELECT c.word, c.nspname, c.relname, c.attname, 'compression',
       ARRAY[CASE c.compression WHEN 'p' THEN 'pglz' ELSE 'lz4' END], 0
  FROM columns c WHERE c.compression <> ''
UNION ALL
SELECT c.word, c.nspname, c.relname, c.attname, 'options', ARRAY[pg_catalog.array_to_string(c.options, ', ')], 0
  FROM columns c WHERE pg_catalog.cardinality(c.options) > 0
/*if views*/
UNION ALL
SELECT c.word, c.nspname, c.relname, c.attname, 'default', ARRAY[pg_catalog.pg_get_expr(d.adbin, d.adrelid)], 0
  FROM columns c JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = c.attnum WHERE c.relkind = 'v'
/*end*/
/*if heirs*/
UNION ALL
-- What a table gives to a column that it inherits: a change of its parent's default takes that along.
SELECT DISTINCT h.word, h.nspname, h.relname, a.attname, 'own default',
       CASE WHEN d.oid IS NULL THEN '{}' ELSE ARRAY[pg_catalog.pg_get_expr(d.adbin, d.adrelid)] END, 0
  FROM heirs e
  JOIN homes h ON h.oid = e.child
  JOIN pg_catalog.pg_attribute a ON a.attrelid = e.child AND a.attinhcount > 0 AND a.attgenerated = '' AND NOT a.attisdropped
  JOIN pg_catalog.pg_attribute b ON b.attrelid = e.parent AND b.attname = a.attname AND b.attgenerated = '' AND NOT b.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = b.attrelid AND f.adnum = b.attnum
 -- The same tree is the same text, which takes long to write.
 WHERE d.adbin::text IS DISTINCT FROM f.adbin::text
   AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM pg_catalog.pg_get_expr(f.adbin, f.adrelid)
UNION ALL
-- Its own expression goes in the same way.
SELECT DISTINCT h.word, h.nspname, h.relname, a.attname, 'own expression',
       ARRAY[pg_catalog.pg_get_expr(d.adbin, d.adrelid), CASE WHEN i.relispartition THEN 'partition' WHEN a.attislocal THEN 'local' ELSE '' END], 0
  FROM heirs e
  JOIN homes h ON h.oid = e.child
  JOIN pg_catalog.pg_class i ON i.oid = e.child
  JOIN pg_catalog.pg_attribute a ON a.attrelid = e.child AND a.attinhcount > 0 AND a.attgenerated <> '' AND NOT a.attisdropped
  JOIN pg_catalog.pg_attribute b ON b.attrelid = e.parent AND b.attname = a.attname AND NOT b.attisdropped
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  JOIN pg_catalog.pg_attrdef f ON f.adrelid = b.attrelid AND f.adnum = b.attnum
 WHERE d.adbin::text <> f.adbin::text
   AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) <> pg_catalog.pg_get_expr(f.adbin, f.adrelid)
UNION ALL
-- A NOT NULL that it would keep without its parents' (18): a change of the column's type stumbles over its name.
SELECT h.word, h.nspname, h.relname, a.attname, 'own not null',
       ARRAY[k.conname::text, CASE WHEN k.connoinherit THEN '' ELSE 'inherited' END, CASE WHEN k.convalidated THEN 'valid' ELSE '' END], 0
  FROM homes h
  JOIN pg_catalog.pg_constraint k ON k.conrelid = h.oid AND k.contype = 'n' AND k.conislocal
  JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attnum = k.conkey[1] AND a.attinhcount > 0
/*end*/
/*if views*/
UNION ALL
SELECT h.word, h.nspname, h.relname, coalesce(a.attname, ''), 'comment', ARRAY[d.description], 0
  FROM homes h
  JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objoid = h.oid
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attnum = d.objsubid AND d.objsubid > 0
 WHERE h.relkind IN ('v', 'm')
/*end*/
/*if labels*/
UNION ALL
SELECT h.word, h.nspname, h.relname, coalesce(a.attname, ''), 'security label', ARRAY[l.provider, l.label], 0
  FROM homes h
  JOIN pg_catalog.pg_seclabel l ON l.classoid = 'pg_catalog.pg_class'::regclass::oid AND l.objoid = h.oid
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attnum = l.objsubid AND l.objsubid > 0
 WHERE h.relkind IN ('v', 'm') OR l.objsubid > 0
UNION ALL
SELECT s.word, s.nspname, s.relname, s.part, 'security label', ARRAY[l.provider, l.label], 0
  FROM counters s
  JOIN pg_catalog.pg_seclabel l ON l.classoid = 'pg_catalog.pg_class'::regclass::oid AND l.objoid = s.oid
UNION ALL
SELECT 'type', e.nspname, e.typname, '', 'security label', ARRAY[l.provider, l.label], 0
  FROM enums e
  JOIN pg_catalog.pg_seclabel l ON l.classoid = 'pg_catalog.pg_type'::regclass::oid AND l.objoid = e.oid
/*end*/
UNION ALL
SELECT 'constraint', h.nspname, h.relname, k.conname, 'comment', ARRAY[d.description], 0
  FROM pg_catalog.pg_description d
  JOIN pg_catalog.pg_constraint k ON k.oid = d.objoid
  JOIN homes h ON h.oid = k.conrelid
 WHERE d.classoid = 'pg_catalog.pg_constraint'::regclass::oid
/*if domains*/
UNION ALL
SELECT 'domain', n.nspname, y.typname, k.conname, 'comment', ARRAY[d.description], 0
  FROM pg_catalog.pg_description d
  JOIN pg_catalog.pg_constraint k ON k.oid = d.objoid
  JOIN pg_catalog.pg_type y ON y.oid = k.contypid
  JOIN people n ON n.oid = y.typnamespace
 WHERE d.classoid = 'pg_catalog.pg_constraint'::regclass::oid
/*end*/
/*if triggers*/
UNION ALL
SELECT 'trigger', h.nspname, h.relname, t.tgname, 'comment', ARRAY[d.description], 0
  FROM pg_catalog.pg_description d
  JOIN pg_catalog.pg_trigger t ON t.oid = d.objoid
  JOIN homes h ON h.oid = t.tgrelid
 WHERE d.classoid = 'pg_catalog.pg_trigger'::regclass::oid
UNION ALL
SELECT 'trigger', h.nspname, h.relname, t.tgname, 'state', ARRAY[t.tgenabled::text], 0
  FROM pg_catalog.pg_trigger t JOIN homes h ON h.oid = t.tgrelid
 WHERE NOT t.tgisinternal AND t.tgenabled <> 'O' AND /*13*/ t.tgparentid = '0' /*else true */
UNION ALL
-- A partition may have another state than the trigger that its parent handed down.
SELECT 'trigger', h.nspname, h.relname, t.tgname, 'state of partition',
       ARRAY[pg_catalog.format('%I.%I', pn.nspname, p.relname), t2.tgenabled::text], 0
  FROM pg_catalog.pg_trigger t
  JOIN homes h ON h.oid = t.tgrelid AND h.relkind = 'p'
  JOIN pg_catalog.pg_trigger t2 ON t2.tgname = t.tgname AND /*13*/ t2.tgparentid = t.oid /*else false */
                               AND t2.tgenabled <> t.tgenabled
  JOIN pg_catalog.pg_class p ON p.oid = t2.tgrelid
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
 WHERE NOT t.tgisinternal
/*end*/
/*if rules*/
UNION ALL
SELECT 'rule', h.nspname, h.relname, r.rulename, 'comment', ARRAY[d.description], 0
  FROM pg_catalog.pg_description d
  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objoid
  JOIN homes h ON h.oid = r.ev_class
 WHERE d.classoid = 'pg_catalog.pg_rewrite'::regclass::oid
UNION ALL
SELECT 'rule', h.nspname, h.relname, r.rulename, 'state', ARRAY[r.ev_enabled::text], 0
  FROM pg_catalog.pg_rewrite r JOIN homes h ON h.oid = r.ev_class
 WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'O'
/*end*/
/*if policies*/
UNION ALL
SELECT 'policy', h.nspname, h.relname, p.polname, 'comment', ARRAY[d.description], 0
  FROM pg_catalog.pg_description d
  JOIN pg_catalog.pg_policy p ON p.oid = d.objoid
  JOIN homes h ON h.oid = p.polrelid
 WHERE d.classoid = 'pg_catalog.pg_policy'::regclass::oid
/*end*/
/*if statistics*/
UNION ALL
SELECT 'statistics', h.nspname, h.relname, pg_catalog.format('%I.%I', n.nspname, s.stxname), 'comment', ARRAY[d.description], 0
  FROM pg_catalog.pg_description d
  JOIN pg_catalog.pg_statistic_ext s ON s.oid = d.objoid
  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
  JOIN homes h ON h.oid = s.stxrelid
 WHERE d.classoid = 'pg_catalog.pg_statistic_ext'::regclass::oid
UNION ALL
SELECT 'statistics', h.nspname, h.relname, pg_catalog.format('%I.%I', n.nspname, s.stxname), 'owner', ARRAY[pg_catalog.pg_get_userbyid(s.stxowner)::text], 0
  FROM pg_catalog.pg_statistic_ext s
  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
  JOIN homes h ON h.oid = s.stxrelid
UNION ALL
SELECT 'statistics', h.nspname, h.relname, pg_catalog.format('%I.%I', n.nspname, s.stxname), 'statistics target',
       ARRAY[s.stxstattarget::text], 0
  FROM pg_catalog.pg_statistic_ext s
  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
  JOIN homes h ON h.oid = s.stxrelid
 WHERE /*13*/ coalesce(s.stxstattarget, -1) >= 0 /*else false */
/*end*/
UNION ALL
SELECT 'index', h.nspname, h.relname, x.relname, marks.aspect, marks.values, 0
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  JOIN homes h ON h.oid = i.indrelid
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = x.reltablespace
  LEFT JOIN pg_catalog.pg_description d
         ON d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objoid = x.oid AND d.objsubid = 0
        AND (i.indisprimary OR i.indisexclusion OR h.relkind = 'm')
 CROSS JOIN LATERAL (
    SELECT 'cluster' AS aspect, ARRAY[h.relkind::text] AS values WHERE i.indisclustered
    UNION ALL SELECT 'replica identity', '{}' WHERE i.indisreplident
    UNION ALL SELECT 'not valid', '{}' WHERE h.relkind = 'm' AND NOT i.indisvalid
    UNION ALL SELECT 'tablespace', ARRAY[s.spcname::text] WHERE s.oid IS NOT NULL
    UNION ALL SELECT 'comment', ARRAY[d.description] WHERE d.description IS NOT NULL
    UNION ALL SELECT 'statistics target', ARRAY[a.attnum::text, a.attstattarget::text]
                FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.oid AND coalesce(a.attstattarget, -1) >= 0
 ) AS marks
/*if heirs*/
UNION ALL
-- An index of a partition is recreated as that of its parent is, under the server's name, where a column gets another type.
SELECT 'index', h.nspname, h.relname, x.relname, 'part',
       ARRAY[p.relname::text, CASE WHEN b.rest ~ '^[0-9]*$'::text THEN '' ELSE 'named' END, coalesce(f.settings, ''), coalesce(d.description, ''),
             CASE WHEN e.description IS NOT NULL THEN 'of parent' ELSE '' END,
             CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL THEN '' ELSE 'expressions' END]
       OPERATOR(pg_catalog.||) k.columns, 0
  FROM homes h
  JOIN pg_catalog.pg_index i ON i.indrelid = h.oid
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relispartition
  JOIN pg_catalog.pg_inherits g ON g.inhrelid = x.oid
  JOIN pg_catalog.pg_class p ON p.oid = g.inhparent
  LEFT JOIN pg_catalog.pg_description d
         ON d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objoid = x.oid AND d.objsubid = 0
  LEFT JOIN pg_catalog.pg_description e
         ON e.classoid = 'pg_catalog.pg_class'::regclass::oid AND e.objoid = p.oid AND e.objsubid = 0
 CROSS JOIN LATERAL (
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attnum) AS names FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.oid
 ) AS n
 CROSS JOIN LATERAL (
    SELECT coalesce(pg_catalog.array_agg(a.attname::text ORDER BY a.attnum), '{}') AS columns
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = h.oid AND a.attnum > 0 AND a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey)
 ) AS k
 CROSS JOIN LATERAL (
    SELECT pg_catalog.concat_ws('_', h.relname, CASE WHEN NOT i.indisprimary THEN pg_catalog.array_to_string(n.names, '_') END, '') AS begin
 ) AS m
 CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_catalog.starts_with(x.relname::text, m.begin)
                THEN pg_catalog.regexp_replace(pg_catalog.substr(x.relname::text, pg_catalog.length(m.begin) + 1), '^(pkey|key|excl|idx)'::text, '')
                ELSE 'other' END AS rest
 ) AS b
  LEFT JOIN LATERAL (
    SELECT pg_catalog.array_to_string(x.reloptions, ', ') AS settings WHERE x.reloptions IS DISTINCT FROM p.reloptions
 ) AS f ON true
 WHERE x.relkind = 'I' OR b.rest !~ '^[0-9]*$'::text OR f.settings IS NOT NULL OR d.description IS NOT NULL OR e.description IS NOT NULL
    OR i.indisclustered OR i.indisreplident OR x.reltablespace <> '0'
    OR EXISTS (SELECT FROM pg_catalog.pg_constraint c
                 JOIN pg_catalog.pg_description s ON s.classoid = 'pg_catalog.pg_constraint'::regclass::oid AND s.objoid = c.oid
                WHERE c.conrelid = h.oid AND c.conindid = x.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.oid AND coalesce(a.attstattarget, -1) >= 0)
/*end*/
/*if members*/
UNION ALL
-- What an extension made is not looked at, and its names are taken.
SELECT 'member', n.nspname, c.relname, '', 'extension', ARRAY[e.extname::text, c.relkind::text], 0
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
  JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
  JOIN people n ON n.oid = c.relnamespace
 WHERE d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.classid = 'pg_catalog.pg_class'::regclass::oid
UNION ALL
SELECT 'member', n.nspname, t.typname, '', 'extension', ARRAY[e.extname::text, 'c'], 0
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
  JOIN pg_catalog.pg_type t ON t.oid = d.objid AND t.typtype = 'c'
  JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
  JOIN people n ON n.oid = c.relnamespace
 WHERE d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.classid = 'pg_catalog.pg_type'::regclass::oid
UNION ALL
SELECT CASE WHEN t.oid IS NOT NULL THEN 'trigger' WHEN i.indexrelid IS NOT NULL THEN 'index' ELSE h.word END,
       h.nspname, h.relname, coalesce(t.tgname, x.relname, ''), 'extension', ARRAY[e.extname::text], 0
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
  LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::regclass::oid AND t.oid = d.objid
  LEFT JOIN pg_catalog.pg_index i ON d.classid = 'pg_catalog.pg_class'::regclass::oid AND i.indexrelid = d.objid
  LEFT JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  JOIN homes h ON h.oid = coalesce(t.tgrelid, i.indrelid, CASE WHEN d.classid = 'pg_catalog.pg_class'::regclass::oid THEN d.objid END)
 WHERE d.deptype = 'x' AND d.refclassid = 'pg_catalog.pg_extension'::regclass::oid
/*end*/
 ORDER BY 1, 2, 3, 4, 5, 7, 6
