SELECT table_name AS table_name, constraint_name AS name, column_name AS column_name,
       referenced_table_schema AS ref_schema, referenced_table_name AS ref_table,
       referenced_column_name AS ref_column
FROM information_schema.key_column_usage
WHERE table_schema = %s AND referenced_table_name IS NOT NULL
ORDER BY table_name, constraint_name, ordinal_position
