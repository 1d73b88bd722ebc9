-- kind, schema, name, text, kinds, schemas and names of what it needs: what tables and views stand on, by pg_depend.
-- A kind is relation, type, function or collation, and other for what has no text here.
WITH RECURSIVE people AS (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n
     WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
), members AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.deptype = 'e'
), nodes AS (
    SELECT 'pg_catalog.pg_class'::regclass::oid AS class, c.oid, 'relation' AS kind, n.nspname::text AS schema, c.relname::text AS name
      FROM pg_catalog.pg_class c JOIN people n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't'
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass::oid, t.oid, CASE WHEN t.typtype = 'b' THEN 'other' ELSE 'type' END, n.nspname, t.typname
      FROM pg_catalog.pg_type t JOIN people n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
     WHERE t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c')
        OR (t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid))
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::regclass::oid, p.oid, CASE WHEN p.prokind IN ('f', 'p') THEN 'function' ELSE 'other' END, n.nspname,
           pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
      FROM pg_catalog.pg_proc p JOIN people n ON n.oid = p.pronamespace
     -- A range type makes functions of its own.
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend i
                        WHERE i.classid = 'pg_catalog.pg_proc'::regclass::oid AND i.objid = p.oid AND i.deptype = 'i')
    UNION ALL
    SELECT 'pg_catalog.pg_collation'::regclass::oid, c.oid, 'collation', n.nspname, c.collname
      FROM pg_catalog.pg_collation c JOIN people n ON n.oid = c.collnamespace
    UNION ALL
    SELECT x.class, x.oid, 'other', '', pg_catalog.pg_describe_object(x.class, x.oid, 0)
      FROM (SELECT 'pg_catalog.pg_operator'::regclass::oid AS class, oid FROM pg_catalog.pg_operator
            UNION ALL SELECT 'pg_catalog.pg_opclass'::regclass::oid, oid FROM pg_catalog.pg_opclass
            UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass::oid, oid FROM pg_catalog.pg_ts_config
            UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass::oid, oid FROM pg_catalog.pg_ts_dict
            UNION ALL SELECT 'pg_catalog.pg_am'::regclass::oid, oid FROM pg_catalog.pg_am
            UNION ALL SELECT 'pg_catalog.pg_language'::regclass::oid, oid FROM pg_catalog.pg_language
            UNION ALL SELECT 'pg_catalog.pg_cast'::regclass::oid, oid FROM pg_catalog.pg_cast
            UNION ALL SELECT 'pg_catalog.pg_foreign_server'::regclass::oid, oid FROM pg_catalog.pg_foreign_server) x
     WHERE x.oid >= '16384'
), mine AS (
    SELECT * FROM nodes k
     WHERE NOT EXISTS (SELECT FROM members m WHERE m.classid = k.class AND m.objid = k.oid)
), holders AS (
    -- What belongs to one of them, and has its needs.
    SELECT class, oid, class AS of_class, oid AS of_oid FROM mine
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass::oid, i.indexrelid, 'pg_catalog.pg_class'::regclass::oid, i.indrelid FROM pg_catalog.pg_index i
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass::oid, c.oid, 'pg_catalog.pg_type'::regclass::oid, c.reltype
      FROM pg_catalog.pg_class c WHERE c.relkind = 'c'
    UNION ALL
    SELECT 'pg_catalog.pg_attrdef'::regclass::oid, a.oid, 'pg_catalog.pg_class'::regclass::oid, a.adrelid FROM pg_catalog.pg_attrdef a
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid,
           CASE WHEN k.conrelid <> '0' THEN 'pg_catalog.pg_class'::regclass::oid ELSE 'pg_catalog.pg_type'::regclass::oid END,
           CASE WHEN k.conrelid <> '0' THEN k.conrelid ELSE k.contypid END
      FROM pg_catalog.pg_constraint k WHERE k.contype <> 'f'
    UNION ALL
    SELECT 'pg_catalog.pg_rewrite'::regclass::oid, r.oid, 'pg_catalog.pg_class'::regclass::oid, r.ev_class
      FROM pg_catalog.pg_rewrite r WHERE r.rulename = '_RETURN'
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass::oid, t.typarray, CASE WHEN c.relkind <> 'c' THEN 'pg_catalog.pg_class'::regclass::oid
                                                            ELSE 'pg_catalog.pg_type'::regclass::oid END,
           CASE WHEN c.relkind <> 'c' THEN c.oid ELSE t.oid END
      FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid WHERE t.typarray <> '0'
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass::oid, c.reltype, 'pg_catalog.pg_class'::regclass::oid, c.oid
      FROM pg_catalog.pg_class c WHERE c.relkind <> 'c' AND c.reltype <> '0'
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass::oid, (pg_catalog.to_jsonb(r) ->> 'rngmultitypid'::text)::oid, 'pg_catalog.pg_type'::regclass::oid, r.rngtypid
      FROM pg_catalog.pg_range r
), edges AS (
    SELECT DISTINCT h.of_class AS class, h.of_oid AS oid, g.of_class AS needs_class, g.of_oid AS needs
      FROM pg_catalog.pg_depend d
      JOIN holders h ON h.class = d.classid AND h.oid = d.objid
      JOIN holders g ON g.class = d.refclassid AND g.oid = d.refobjid
     WHERE (h.of_class, h.of_oid) <> (g.of_class, g.of_oid)
       -- A sequence is made before the table that owns it, and a foreign key is not there yet when its table is made.
       AND NOT (d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
                AND d.classid = 'pg_catalog.pg_class'::regclass::oid)
)
SELECT k.kind, k.schema, k.name,
       CASE WHEN k.kind = 'function' THEN pg_catalog.pg_get_functiondef(k.oid) ELSE '' END,
       pg_catalog.array_agg(w.kind ORDER BY w.kind, w.schema, w.name) FILTER (WHERE w.kind IS NOT NULL),
       pg_catalog.array_agg(w.schema ORDER BY w.kind, w.schema, w.name) FILTER (WHERE w.kind IS NOT NULL),
       pg_catalog.array_agg(w.name ORDER BY w.kind, w.schema, w.name) FILTER (WHERE w.kind IS NOT NULL)
  FROM mine k
  LEFT JOIN edges e ON e.class = k.class AND e.oid = k.oid
  LEFT JOIN mine w ON w.class = e.needs_class AND w.oid = e.needs
 GROUP BY k.class, k.oid, k.kind, k.schema, k.name
 ORDER BY k.kind, k.schema, k.name
