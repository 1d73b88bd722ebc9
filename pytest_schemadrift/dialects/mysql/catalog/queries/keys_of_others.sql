SELECT table_schema AS child_schema, table_name AS child, constraint_name AS name,
       referenced_table_name AS ref_table, referenced_column_name AS ref_column
FROM information_schema.key_column_usage
WHERE referenced_table_schema = database() AND table_schema <> database()
ORDER BY table_schema, table_name, constraint_name, ordinal_position
