-- type and thing: what depends on types ($1) that go, apart from the tables ($2) whose columns a plan takes off them.
WITH RECURSIVE gone AS (
    SELECT y.oid, y.typarray FROM pg_catalog.unnest($1::text[]) AS n (name) JOIN pg_catalog.pg_type y ON y.oid = pg_catalog.to_regtype(n.name)
), touched AS (
    SELECT pg_catalog.to_regclass(n.name)::oid AS oid FROM pg_catalog.unnest($2::text[]) AS n (name)
    UNION
    SELECT more.oid
      FROM touched t
     CROSS JOIN LATERAL (
           SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = t.oid
            UNION ALL
           SELECT r.ev_class FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
            WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass::oid
              AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjid = t.oid
           ) more
), standing AS (
    SELECT g.oid AS type, d.classid, d.objid, d.objsubid,
           CASE d.classid
                WHEN 'pg_catalog.pg_class'::regclass::oid THEN coalesce((SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid = d.objid), d.objid)
                WHEN 'pg_catalog.pg_attrdef'::regclass::oid THEN (SELECT adrelid FROM pg_catalog.pg_attrdef WHERE oid = d.objid)
                WHEN 'pg_catalog.pg_constraint'::regclass::oid THEN (SELECT conrelid FROM pg_catalog.pg_constraint WHERE oid = d.objid)
                WHEN 'pg_catalog.pg_rewrite'::regclass::oid THEN (SELECT ev_class FROM pg_catalog.pg_rewrite WHERE oid = d.objid)
                WHEN 'pg_catalog.pg_policy'::regclass::oid THEN (SELECT polrelid FROM pg_catalog.pg_policy WHERE oid = d.objid)
                WHEN 'pg_catalog.pg_trigger'::regclass::oid THEN (SELECT tgrelid FROM pg_catalog.pg_trigger WHERE oid = d.objid)
                WHEN 'pg_catalog.pg_statistic_ext'::regclass::oid THEN (SELECT stxrelid FROM pg_catalog.pg_statistic_ext WHERE oid = d.objid)
                WHEN 'pg_catalog.pg_publication_rel'::regclass::oid THEN (SELECT prrelid FROM pg_catalog.pg_publication_rel WHERE oid = d.objid)
           END AS relation
      FROM gone g
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_type'::regclass::oid AND d.refobjid IN (g.oid, g.typarray) AND d.deptype IN ('n', 'a')
     -- What is made of a type, a domain or a type of several parts, is told where the plan is made.
     WHERE d.classid <> 'pg_catalog.pg_type'::regclass::oid
)
SELECT DISTINCT pg_catalog.format_type(s.type, NULL) AS type, pg_catalog.pg_describe_object(s.classid, s.objid, s.objsubid) AS thing
  FROM standing s
  LEFT JOIN pg_catalog.pg_class c ON c.oid = s.relation
 WHERE (s.relation IS NULL OR s.relation NOT IN (SELECT oid FROM touched WHERE oid IS NOT NULL))
   AND (c.relkind IS NULL OR c.relkind <> 'c')
   AND NOT (s.classid = 'pg_catalog.pg_constraint'::regclass::oid AND s.relation = '0')
 ORDER BY 1, 2
