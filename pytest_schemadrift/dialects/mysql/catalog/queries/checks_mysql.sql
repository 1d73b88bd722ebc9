SELECT table_name AS table_name, constraint_name AS name, enforced AS enforced
FROM information_schema.table_constraints
WHERE table_schema = %s AND constraint_type = 'CHECK'
