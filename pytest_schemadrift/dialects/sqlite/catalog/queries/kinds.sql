-- Which tables are ordinary, virtual or a virtual table's shadows, WITHOUT ROWID, STRICT. By name: a connection lists first what it made itself.
SELECT name, type AS kind, wr AS without_rowid, strict
FROM pragma_table_list
WHERE schema = 'main'
ORDER BY name
