-- What ANALYZE TABLE … PERSISTENT counted (MariaDB), of columns and of indexes.
SELECT 'table' AS kind, table_name AS table_name, column_name AS name, hist_type AS type, hist_size AS size
FROM mysql.column_stats
WHERE db_name = %s
UNION ALL
SELECT DISTINCT 'index', table_name, index_name, NULL, NULL
FROM mysql.index_stats
WHERE db_name = %s
ORDER BY kind, table_name, name
