-- Every column of every ordinary table (a virtual table has root page 0, and its module may not be loaded).
SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM main.sqlite_master AS m
JOIN pragma_table_xinfo(m.name, 'main') AS c
WHERE m.type = 'table' AND m.rootpage <> 0
ORDER BY m.rowid, c.cid
