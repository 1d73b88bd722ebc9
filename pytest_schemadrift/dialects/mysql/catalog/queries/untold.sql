-- Views and routines of the default database whose text the account may not see.
SELECT 'view' AS kind, table_name AS name
FROM information_schema.views WHERE table_schema = DATABASE() AND view_definition = ''
UNION ALL
SELECT LOWER(routine_type), routine_name
FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_definition IS NULL
ORDER BY kind, name
