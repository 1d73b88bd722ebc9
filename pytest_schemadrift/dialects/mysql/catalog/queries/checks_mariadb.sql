SELECT table_name AS table_name, constraint_name AS name, check_clause AS clause, 'YES' AS enforced, level AS level
FROM information_schema.check_constraints
WHERE constraint_schema = %s
