-- The histograms of the columns of a database (MySQL).
SELECT table_name AS table_name, column_name AS name,
       JSON_UNQUOTE(JSON_EXTRACT(histogram, '$."number-of-buckets-specified"')) AS buckets,
       JSON_UNQUOTE(JSON_EXTRACT(histogram, '$."auto-update"')) AS auto_update
FROM information_schema.column_statistics
WHERE schema_name = %s
ORDER BY table_name, column_name
