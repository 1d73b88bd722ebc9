-- What is read only when it runs and names a table (a pattern): triggers, routines, events, views of other databases.
SELECT 'trigger' AS kind, trigger_schema AS db, trigger_name AS name, event_object_table AS owner,
       action_statement AS body
FROM information_schema.triggers WHERE action_statement LIKE %s
UNION ALL
SELECT LOWER(routine_type), routine_schema, routine_name, '', routine_definition
FROM information_schema.routines
WHERE routine_definition LIKE %s
  AND routine_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
UNION ALL
SELECT 'event', event_schema, event_name, '', event_definition
FROM information_schema.events WHERE event_definition LIKE %s
UNION ALL
SELECT 'view', table_schema, table_name, '', view_definition
FROM information_schema.views
WHERE view_definition LIKE %s AND table_schema <> DATABASE()
  AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY kind, db, name
