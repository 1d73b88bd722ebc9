SELECT table_name AS table_name, index_name AS name, non_unique AS non_unique, column_name AS column_name,
       collation AS direction, sub_part AS prefix, index_type AS type, {visible} AS visible,
       index_comment AS comment, NULL AS expression
FROM information_schema.statistics
WHERE table_schema = %s
ORDER BY table_name, index_name, seq_in_index
