-- What CREATE VIEW does not say: the statements that give a view its rights, comments, defaults and owner again.
WITH views AS (
    SELECT c.oid, c.relowner, c.relacl, c.oid::regclass AS name,
           CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS word
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('v', 'm') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
), rights AS (
    SELECT v.oid, v.name, '' AS columns, a.privilege_type, a.grantee, a.is_grantable
      FROM views v, aclexplode(v.relacl) a
     WHERE a.grantee <> v.relowner
    UNION ALL
    SELECT v.oid, v.name, format(' (%I)', t.attname), a.privilege_type, a.grantee, a.is_grantable
      FROM views v
      JOIN pg_catalog.pg_attribute t ON t.attrelid = v.oid, aclexplode(t.attacl) a
     WHERE a.grantee <> v.relowner
)
SELECT oid, format('GRANT %s%s ON %s TO %s%s', privilege_type, columns, name,
                   CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                   CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS sql, 1 AS place
  FROM rights
UNION ALL
SELECT v.oid, format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', v.name, t.attname, pg_get_expr(d.adbin, d.adrelid)), 2
  FROM views v
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = v.oid
  JOIN pg_catalog.pg_attribute t ON t.attrelid = v.oid AND t.attnum = d.adnum
UNION ALL
SELECT v.oid, CASE WHEN t.attname IS NULL THEN format('COMMENT ON %s %s IS %L', v.word, v.name, d.description)
                   ELSE format('COMMENT ON COLUMN %s.%I IS %L', v.name, t.attname, d.description) END, 3
  FROM views v
  JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = v.oid
  LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = v.oid AND t.attnum = d.objsubid AND d.objsubid > 0
UNION ALL
SELECT v.oid, format('ALTER %s %s OWNER TO "%s"', v.word, v.name, replace(pg_get_userbyid(v.relowner), '"', '""')), 4
  FROM views v
 ORDER BY 3, 2
