-- schema, name, kind, definition, words: what somebody made and an expression may stand on, each with its words in one.
-- Casts have no name. Members of an operator class are those of its own type; a new family of its name is made for it.
WITH of_extensions AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.deptype = 'e'
)
SELECT n.nspname::text, o.oprname::text, 'OPERATOR',
       pg_catalog.format('CREATE OPERATOR %I.%s (FUNCTION = %s', n.nspname, o.oprname, o.oprcode)
       || CASE WHEN o.oprleft <> '0' THEN ', LEFTARG = ' || pg_catalog.format_type(o.oprleft, NULL) ELSE '' END
       || ', RIGHTARG = ' || pg_catalog.format_type(o.oprright, NULL)
       || CASE WHEN c.oid <> '0' THEN pg_catalog.format(', COMMUTATOR = OPERATOR(%I.%s)', cn.nspname, c.oprname) ELSE '' END
       || CASE WHEN g.oid <> '0' THEN pg_catalog.format(', NEGATOR = OPERATOR(%I.%s)', gn.nspname, g.oprname) ELSE '' END
       || CASE WHEN o.oprcanhash THEN ', HASHES' ELSE '' END || CASE WHEN o.oprcanmerge THEN ', MERGES' ELSE '' END || ')',
       o.oprname::text
  FROM pg_catalog.pg_operator o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
  LEFT JOIN pg_catalog.pg_operator c ON c.oid = o.oprcom
  LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace
  LEFT JOIN pg_catalog.pg_operator g ON g.oid = o.oprnegate
  LEFT JOIN pg_catalog.pg_namespace gn ON gn.oid = g.oprnamespace
 WHERE o.oid >= '16384' AND o.oprcode::oid <> '0' AND n.nspname NOT LIKE 'pg\_%'::text
   AND o.oid NOT IN (SELECT objid FROM of_extensions WHERE classid = 'pg_catalog.pg_operator'::regclass::oid)
UNION ALL
SELECT n.nspname::text, p.proname::text, 'AGGREGATE',
       pg_catalog.format('CREATE AGGREGATE %I.%I(%s) (SFUNC = %s, STYPE = %s', n.nspname, p.proname,
              CASE WHEN p.pronargs = '0'::smallint THEN '*' ELSE pg_catalog.pg_get_function_arguments(p.oid) END,
              a.aggtransfn, pg_catalog.format_type(a.aggtranstype, NULL))
       || CASE WHEN a.aggfinalfn::oid <> '0' THEN pg_catalog.format(', FINALFUNC = %s', a.aggfinalfn) ELSE '' END
       || CASE WHEN a.aggfinalextra THEN ', FINALFUNC_EXTRA' ELSE '' END
       || coalesce(', INITCOND = ' || pg_catalog.quote_literal(a.agginitval), '') || ')',
       p.proname::text
  FROM pg_catalog.pg_aggregate a
  JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid::oid
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.oid >= '16384' AND a.aggkind = 'n' AND n.nspname NOT LIKE 'pg\_%'::text
   AND p.oid NOT IN (SELECT objid FROM of_extensions WHERE classid = 'pg_catalog.pg_proc'::regclass::oid)
UNION ALL
SELECT n.nspname::text, k.opcname::text, 'OPERATOR CLASS',
       pg_catalog.format('CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I AS ', n.nspname, k.opcname,
              CASE WHEN k.opcdefault THEN ' DEFAULT' ELSE '' END, pg_catalog.format_type(k.opcintype, NULL), m.amname)
       || pg_catalog.concat_ws(', ',
              (SELECT pg_catalog.string_agg(pg_catalog.format('OPERATOR %s %I.%s (%s, %s)%s', x.amopstrategy, xn.nspname, xo.oprname,
                                                pg_catalog.format_type(x.amoplefttype, NULL), pg_catalog.format_type(x.amoprighttype, NULL),
                                                CASE WHEN f.oid <> '0' THEN pg_catalog.format(' FOR ORDER BY %I.%I', fn.nspname, f.opfname) ELSE '' END),
                                 ', ' ORDER BY x.amopstrategy)
                 FROM pg_catalog.pg_amop x
                 JOIN pg_catalog.pg_operator xo ON xo.oid = x.amopopr
                 JOIN pg_catalog.pg_namespace xn ON xn.oid = xo.oprnamespace
                 LEFT JOIN pg_catalog.pg_opfamily f ON f.oid = x.amopsortfamily
                 LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace
                WHERE x.amopfamily = k.opcfamily AND x.amoplefttype = k.opcintype AND x.amoprighttype = k.opcintype),
              (SELECT pg_catalog.string_agg(pg_catalog.format('FUNCTION %s (%s, %s) %s', y.amprocnum,
                                                pg_catalog.format_type(y.amproclefttype, NULL), pg_catalog.format_type(y.amprocrighttype, NULL),
                                                y.amproc::oid::regprocedure), ', ' ORDER BY y.amprocnum)
                 FROM pg_catalog.pg_amproc y
                WHERE y.amprocfamily = k.opcfamily AND y.amproclefttype = k.opcintype AND y.amprocrighttype = k.opcintype),
              CASE WHEN k.opckeytype <> '0' THEN 'STORAGE ' || pg_catalog.format_type(k.opckeytype, NULL) END),
       k.opcname::text || CASE WHEN k.opcdefault THEN ' ' || pg_catalog.format_type(k.opcintype, NULL) ELSE '' END
  FROM pg_catalog.pg_opclass k
  JOIN pg_catalog.pg_am m ON m.oid = k.opcmethod
  JOIN pg_catalog.pg_namespace n ON n.oid = k.opcnamespace
 WHERE k.oid >= '16384' AND n.nspname NOT LIKE 'pg\_%'::text
   AND k.oid NOT IN (SELECT objid FROM of_extensions WHERE classid = 'pg_catalog.pg_opclass'::regclass::oid)
UNION ALL
SELECT n.nspname::text, d.dictname::text, 'TEXT SEARCH DICTIONARY',
       pg_catalog.format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)', n.nspname, d.dictname, tn.nspname, t.tmplname,
              coalesce(', ' || d.dictinitoption, '')), d.dictname::text
  FROM pg_catalog.pg_ts_dict d
  JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
  JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
  JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace
 WHERE d.oid >= '16384' AND n.nspname NOT LIKE 'pg\_%'::text
   AND d.oid NOT IN (SELECT objid FROM of_extensions WHERE classid = 'pg_catalog.pg_ts_dict'::regclass::oid)
UNION ALL
SELECT n.nspname::text, c.cfgname::text, 'TEXT SEARCH CONFIGURATION',
       pg_catalog.format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', n.nspname, c.cfgname, pn.nspname, p.prsname)
       || coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('; ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s',
                                                     n.nspname, c.cfgname, k.alias, k.dictionaries), '' ORDER BY k.alias)
                      FROM (SELECT y.alias, pg_catalog.string_agg(pg_catalog.format('%I.%I', dn.nspname, d.dictname), ', ' ORDER BY x.mapseqno)
                              FROM pg_catalog.pg_ts_config_map x
                              JOIN pg_catalog.ts_token_type(c.cfgparser) y ON y.tokid = x.maptokentype
                              JOIN pg_catalog.pg_ts_dict d ON d.oid = x.mapdict
                              JOIN pg_catalog.pg_namespace dn ON dn.oid = d.dictnamespace
                             WHERE x.mapcfg = c.oid GROUP BY y.alias) AS k (alias, dictionaries)), ''),
       c.cfgname::text
  FROM pg_catalog.pg_ts_config c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
  JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace
 WHERE c.oid >= '16384' AND n.nspname NOT LIKE 'pg\_%'::text
   AND c.oid NOT IN (SELECT objid FROM of_extensions WHERE classid = 'pg_catalog.pg_ts_config'::regclass::oid)
UNION ALL
SELECT '', '', 'CAST',
       pg_catalog.format('CREATE CAST (%s AS %s) %s%s', pg_catalog.format_type(c.castsource, NULL), pg_catalog.format_type(c.casttarget, NULL),
              CASE c.castmethod WHEN 'f' THEN pg_catalog.format('WITH FUNCTION %s', c.castfunc::regprocedure)
                                WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
              CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END),
       pg_catalog.format('%s %s', pg_catalog.format_type(c.castsource, NULL), pg_catalog.format_type(c.casttarget, NULL))
  FROM pg_catalog.pg_cast c
 WHERE c.oid >= '16384'
   AND c.oid NOT IN (SELECT objid FROM of_extensions WHERE classid = 'pg_catalog.pg_cast'::regclass::oid)
