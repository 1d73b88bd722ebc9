-- Every key of every index; cid -2 is an expression. Rows that only carry the rowid are left out.
SELECT m.name AS table_name, i.name, i."unique", i.origin, i.partial, x.name AS column_name,
       x."desc" AS descending, x.coll AS collation
FROM main.sqlite_master AS m
JOIN pragma_index_list(m.name, 'main') AS i
JOIN pragma_index_xinfo(i.name, 'main') AS x
WHERE m.type = 'table' AND m.rootpage <> 0 AND x.key = 1
ORDER BY m.rowid, i.seq, x.seqno
