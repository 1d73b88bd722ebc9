SELECT f_table_name AS table_name, g_geometry_column AS name, srid AS srid
FROM information_schema.geometry_columns
WHERE f_table_schema = %s AND srid <> 0
