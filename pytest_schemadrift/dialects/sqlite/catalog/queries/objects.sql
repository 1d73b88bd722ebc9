-- Every object with the text that made it; automatic indexes have none. In order of creation.
SELECT type AS kind, name, sql
FROM main.sqlite_master
ORDER BY rowid
