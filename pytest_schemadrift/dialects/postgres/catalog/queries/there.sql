-- word: what there is of that few databases have. The branches of other queries that are about nothing else are planned, and
-- the catalogs behind them opened, only where it is there; so each word is told rather once too often.
WITH people AS MATERIALIZED (
    SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname NOT LIKE 'pg\_%'::text AND n.nspname <> 'information_schema'
), relations AS MATERIALIZED (
    SELECT c.oid, c.relkind FROM pg_catalog.pg_class c WHERE c.relnamespace IN (SELECT oid FROM people)
), types AS MATERIALIZED (
    SELECT t.typtype FROM pg_catalog.pg_type t WHERE t.typtype IN ('e', 'd') AND t.typnamespace IN (SELECT oid FROM people)
)
SELECT 'views' AS word WHERE EXISTS (SELECT FROM relations r WHERE r.relkind IN ('v', 'm'))
UNION ALL
SELECT 'enums' WHERE EXISTS (SELECT FROM types t WHERE t.typtype = 'e')
UNION ALL
SELECT 'domains' WHERE EXISTS (SELECT FROM types t WHERE t.typtype = 'd')
UNION ALL
SELECT 'labels' WHERE EXISTS (SELECT FROM pg_catalog.pg_seclabel)
UNION ALL
SELECT 'triggers' WHERE EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal)
UNION ALL
SELECT 'rules' WHERE EXISTS (SELECT FROM pg_catalog.pg_rewrite w JOIN relations r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN')
UNION ALL
SELECT 'heirs' WHERE EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN relations r ON r.oid = i.inhrelid)
UNION ALL
SELECT 'policies' WHERE EXISTS (SELECT FROM pg_catalog.pg_policy)
UNION ALL
SELECT 'statistics' WHERE EXISTS (SELECT FROM pg_catalog.pg_statistic_ext)
UNION ALL
SELECT 'publications' WHERE EXISTS (SELECT FROM pg_catalog.pg_publication_rel)
UNION ALL
SELECT 'functions' WHERE EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace IN (SELECT oid FROM people))
UNION ALL
SELECT 'members'
 WHERE EXISTS (
       SELECT FROM pg_catalog.pg_depend d
        WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid
          AND (d.deptype = 'x' OR d.classid IN ('pg_catalog.pg_class'::regclass::oid, 'pg_catalog.pg_type'::regclass::oid))
       )
UNION ALL
-- A column of a type that the server did not come with: an enum, or one within which there may be a row of a table.
SELECT 'typed'
 WHERE EXISTS (
       SELECT FROM pg_catalog.pg_depend d JOIN relations r ON r.oid = d.objid
        WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objsubid > 0
          AND d.refclassid = 'pg_catalog.pg_type'::regclass::oid
       )
