-- Every column of every foreign key; "to" is NULL where the text leaves the primary key unsaid.
SELECT m.name AS table_name, f.id, f."table" AS parent, f."from" AS column_name, f."to" AS parent_column,
       f.on_update, f.on_delete
FROM main.sqlite_master AS m
JOIN pragma_foreign_key_list(m.name, 'main') AS f
WHERE m.type = 'table' AND m.rootpage <> 0
ORDER BY m.rowid, f.id, f.seq
