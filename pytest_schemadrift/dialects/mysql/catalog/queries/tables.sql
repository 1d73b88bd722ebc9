SELECT table_name AS name, table_type AS kind, engine AS engine, table_collation AS collation,
       create_options AS options, table_comment AS comment
FROM information_schema.tables
WHERE table_schema = %s AND table_type <> 'TEMPORARY' -- which MariaDB lists since 11.2, MySQL never
