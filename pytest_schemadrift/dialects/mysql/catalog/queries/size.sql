-- About how many rows a table has, and its bytes with indexes.
SELECT table_rows AS number, data_length + index_length AS bytes
FROM information_schema.tables
WHERE table_schema = %s AND table_name = %s
