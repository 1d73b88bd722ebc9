-- A trigger is in the schema of its table; by trigger_schema MariaDB would open all tables of the server.
SELECT event_object_table AS table_name, trigger_name AS name, action_timing AS timing, event_manipulation AS event,
       action_statement AS body
FROM information_schema.triggers
WHERE event_object_schema = %s
ORDER BY event_object_table, action_timing, event_manipulation, action_order
