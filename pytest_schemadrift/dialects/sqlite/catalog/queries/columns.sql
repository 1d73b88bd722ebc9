-- Every column of every ordinary table (a virtual table has root page 0, and its module may not be loaded).
SELECT m.name AS table_name, c.name, c.type, c."notnull" AS not_null, c.dflt_value AS default_text,
       c.pk AS key_place, c.hidden
FROM main.sqlite_master AS m
JOIN pragma_table_xinfo(m.name, 'main') AS c
WHERE m.type = 'table' AND m.rootpage <> 0
ORDER BY m.rowid, c.cid
