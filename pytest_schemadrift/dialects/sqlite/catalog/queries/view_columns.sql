-- The columns of views and virtual tables.
SELECT '' AS schema, t.name AS relation, c.name AS name, upper(c.type) AS type, NOT c."notnull" AS nullable
FROM pragma_table_list t, pragma_table_xinfo(t.name, 'main') c
WHERE t.schema = 'main' AND t.type IN ('view', 'virtual') AND c.hidden IN (0, 2, 3)
ORDER BY t.name, c.cid
