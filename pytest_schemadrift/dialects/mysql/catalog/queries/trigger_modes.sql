-- The triggers of this database in the order in which they run, which is that of their making, and the mode of each.
SELECT t.trigger_name AS name, t.sql_mode AS mode
FROM information_schema.triggers t
WHERE t.trigger_schema = DATABASE()
ORDER BY t.event_object_table, t.action_timing, t.event_manipulation, t.action_order
