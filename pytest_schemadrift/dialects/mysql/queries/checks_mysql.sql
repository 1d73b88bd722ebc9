SELECT t.table_name AS table_name, t.constraint_name AS name, c.check_clause AS clause, t.enforced AS enforced,
       'Table' AS level
FROM information_schema.table_constraints AS t
JOIN information_schema.check_constraints AS c
  ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
WHERE t.table_schema = %s AND t.constraint_type = 'CHECK'
