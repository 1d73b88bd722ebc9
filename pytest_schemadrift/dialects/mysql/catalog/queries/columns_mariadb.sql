SELECT table_name AS table_name, column_name AS name, column_default AS default_text, is_nullable AS nullable,
       column_type AS type, collation_name AS collation, extra AS extra, generation_expression AS generation,
       column_comment AS comment, NULL AS srid
FROM information_schema.columns
WHERE table_schema = %s
ORDER BY table_name, ordinal_position
