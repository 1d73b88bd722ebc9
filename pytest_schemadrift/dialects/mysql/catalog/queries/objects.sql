SELECT table_name AS name FROM information_schema.tables WHERE table_schema = %s
UNION ALL
SELECT routine_name AS name FROM information_schema.routines WHERE routine_schema = %s
