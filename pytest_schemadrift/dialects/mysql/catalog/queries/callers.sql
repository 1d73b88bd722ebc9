-- What calls routines of this database, with its text: views, triggers (by their table), and routines themselves.
SELECT 'view' AS kind, v.table_name AS name, v.view_definition AS body
FROM information_schema.views v WHERE v.table_schema = DATABASE()
UNION ALL
SELECT 'trigger', t.event_object_table, t.action_statement
FROM information_schema.triggers t WHERE t.trigger_schema = DATABASE()
UNION ALL
SELECT LOWER(r.routine_type), r.routine_name, r.routine_definition
FROM information_schema.routines r WHERE r.routine_schema = DATABASE()
ORDER BY kind, name
