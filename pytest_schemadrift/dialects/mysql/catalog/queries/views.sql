SELECT table_name AS name, view_definition AS definition, check_option AS check_option
FROM information_schema.views
WHERE table_schema = %s
