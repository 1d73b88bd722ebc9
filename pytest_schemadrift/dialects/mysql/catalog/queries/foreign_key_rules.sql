SELECT table_name AS table_name, constraint_name AS name, update_rule AS on_update, delete_rule AS on_delete
FROM information_schema.referential_constraints
WHERE constraint_schema = %s
