-- The triggers of this database that were made under another sql_mode than the server gives to a session.
SELECT t.trigger_name AS name, t.sql_mode AS mode
FROM information_schema.triggers t
WHERE t.trigger_schema = DATABASE() AND t.sql_mode <> @@GLOBAL.sql_mode
ORDER BY t.trigger_name
