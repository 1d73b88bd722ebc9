SELECT constraint_name AS name, check_clause AS clause
FROM information_schema.check_constraints
WHERE constraint_schema = %s
